"""Tune a large model by what people select: `python -m rl.tune_hub`; `gramoji finetune generator` tells it the model.

What it learns is a LoRA, registered with its evidence; it serves once the configuration names it.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import ray
import torch
import typer
from PIL import Image

from catalog.items import MediaType
from models.generation import Prompt
from models.hub.loading import describe, is_by
from models.hub.lora import FILE
from models.training.sheets import write_sheet
from ranking.live_policy import live_policy
from rl.generator_evidence import GeneratorEvidence, Works, compare, make
from rl.hub_painting import HubPainter
from rl.iterations import CURVES
from rl.large_model import large_model
from rl.promote_generator import everyday_phrases, held_out_n_grams
from rl.reward.combined import CombinedReward
from rl.reward.preference import PreferenceModel
from rl.reward.registry import HELD_OUT, judge_of, newest_reward, people_climbed, read_preference
from rl.reward.settings import RewardTraining
from rl.train_reward import read
from rl.tuning.hub import ShownHubMedia, check, free_memory, tune_hub
from rl.tuning.hub_conventions import TunableModel
from rl.tuning.latent_media import ShownMedia
from rl.tuning.log_reader import bytes_of, items_of, mood_of
from rl.tuning.settings import GeneratorTuning
from rl.tuning.sheet import SHEET, show
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.media_item import MediaItem
from store.registries import generator_registry, generators_url
from store.registry import Registry
from store.tenant_log import read_slates

LEAST_MEDIA = 20
SEEDS = 2
SHOWN = 8  # n-grams on the sheet


@dataclass(frozen=True, slots=True)
class Contest:
    """Who are compared: the checkpoint itself, what serves, and what was tuned."""

    base: TunableModel
    live: TunableModel
    tuned: TunableModel


async def what_it_made(
    shown: ShownMedia, store_urls: tuple[str, str], model: TunableModel
) -> ShownHubMedia:
    """Those media that the model's checkpoint made, tuned or not, and what it is told of each n-gram in each mood."""
    store = await MediaStore.open(*store_urls)
    try:
        items = await items_of(store, shown.item_ids)
        its_own = {item_id: item for item_id, item in items.items() if is_by(item.model_version, model)}
        data = await bytes_of(store, its_own)
    finally:
        await store.close()
    if len(data) < LEAST_MEDIA:
        raise ValueError(
            f"log: {len(data)} media of {model.checkpoint} to learn from; needed are {LEAST_MEDIA}"
        )
    rows = [row for row, item_id in enumerate(shown.item_ids) if item_id in data]
    return with_what_it_was_told(shown.take(torch.tensor(rows)), its_own, data, model)


def with_what_it_was_told(
    shown: ShownMedia, items: Mapping[str, MediaItem], data: Mapping[str, bytes], model: TunableModel
) -> ShownHubMedia:
    """The prompts are those of strangers: a generator learns what is right for anybody."""
    prompts = [
        describe(Prompt(n_gram, 0, mood=mood_of(items[item_id])), model.template)
        for n_gram, item_id in zip(shown.n_grams, shown.item_ids, strict=True)
    ]
    return ShownHubMedia(shown, data, prompts)


def evidence(
    contest: Contest,
    weights: Path,
    n_grams: Sequence[str],
    held_out: PreferenceModel,
    seed: int,
    sheet: Path,
) -> GeneratorEvidence:
    """What the tuned one makes against the live one, by the reward that tuning never saw; also as a sheet.

    The sheet shows them below one another, of everyday phrases alone: what a person typed is nobody's to keep. One is
    loaded after the other: two may not fit a GPU.
    """
    phrases = set(everyday_phrases())
    on_sheet = [place for place, n_gram in enumerate(n_grams) if n_gram in phrases][:SHOWN]
    works, rows = dict[TunableModel, Works](), list[list[Image.Image]]()
    for model in dict.fromkeys((contest.base, contest.live, contest.tuned)):
        painter = HubPainter(model, weights)
        works[model] = make(painter, n_grams, SEEDS, held_out.probability)
        rows += [[painter.seen[SEEDS * place + seed] for place in on_sheet] for seed in range(SEEDS)]
        del painter
        free_memory()
    write_sheet(sheet, rows, [n_grams[place] for place in on_sheet])
    return compare(works[contest.tuned], works[contest.live], works[contest.base], seed)


def register(
    lora: Path, about: dict[str, Any], people: list[int], run_dir: Path, versions: Registry
) -> str:
    """Add the version with its curves and its sheet; returns its name."""
    files = {FILE: (lora / FILE).read_bytes()}
    version = f"lora-{hashlib.sha256(files[FILE]).hexdigest()[:10]}"
    files |= {name: (run_dir / name).read_bytes() for name in (CURVES, SHEET)}
    versions.add(version, files, about, people)
    return version


def main(
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    database: Annotated[str, typer.Option(help="SQLAlchemy URL of the store.")],
    media: Annotated[str, typer.Option(help="Folder or fsspec URL of the store's bytes.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    ranking: Annotated[Path, typer.Option(help="Hand-set weights, where no policy is live.")],
    modality: Annotated[MediaType, typer.Option(help="What the model makes.")],
    model: Annotated[str, typer.Option(help="The model: the section `hub` of a configuration, as JSON.")],
    n_grams: Annotated[int, typer.Option(min=2, help="That the evidence is of, two media each.")] = 24,
    weights: Annotated[Path, typer.Option(help="Folder of the small models.")] = Path("models/weights"),
    config: Annotated[Path, typer.Option(help="Tuning settings.")] = Path("configs/rl/hub.yaml"),
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/tune-hub"
    ),
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Tune a large model on what it made that was shown, by the newest reward, and register the LoRA with its evidence.

    It begins with the checkpoint; a LoRA that serves already is what the new one is compared with.
    """
    settings, live = GeneratorTuning.load(config), large_model(modality, model)
    base = replace(live, lora=None)
    check(settings, base)
    newest = newest_reward(registry, modality, judge_of(base))
    trained, version = RewardTraining.model_validate(newest["settings"]), newest["version"]
    ranked_by = live_policy(Registry(registry), ranking).weights
    reward = CombinedReward(read_preference(registry, modality, version), trained.reward, ranked_by)
    held_out = read_preference(registry, modality, version, HELD_OUT)
    rows = read_slates(LogDataset(log), tenant)
    asked = held_out_n_grams(rows, people_climbed(registry, modality, version), n_grams, settings.seed)
    places = (database, media)
    showings = asyncio.run(read(rows, places, weights, ranked_by, trained.max_weight, modality, base))
    learn, _ = showings.generated.split(trained.held_out)  # the others judge the result
    made = asyncio.run(what_it_made(learn, places, base))
    ray.init(include_dashboard=False, log_to_driver=False)
    lora = tune_hub(settings, base, made, weights, reward, run_dir)
    free_memory()
    contest = Contest(base, live, replace(base, lora=str(lora)))
    found = evidence(contest, weights, asked, held_out, settings.seed, run_dir / SHEET)
    show(run_dir)
    about = {
        "modality": modality,
        "model": asdict(live),
        "settings": settings.model_dump(mode="json"),
        "reward": version,
        "data": {"slates": len(set(made.shown.slates)), "media": len(made.data)},
        "evidence": found.figures,
        "objection": found.objection(),
    }
    versions = generator_registry(registry, f"hub-{modality}")
    tuned = register(lora, about, made.shown.people_N.tolist(), run_dir, versions)
    for name, gain in found.gains.items():
        typer.echo(f"{name:10} {gain}")
    said = found.objection() or "nothing speaks against it"
    typer.echo(f"registered {tuned}, from {len(made.data)} media; {said}")
    typer.echo(
        f"to serve it, set {modality}.hub.lora: {generators_url(registry, f'hub-{modality}')}/{tuned}"
    )


if __name__ == "__main__":
    typer.run(main)
