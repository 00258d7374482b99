"""Tune a large model by what people select: `python -m rl.tune_hub`; `gramoji finetune generator` tells it the model.

What it learns is a LoRA, registered with its evidence; it serves once the configuration names it.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import ray
import torch
import typer
from PIL import Image

from catalog.items import MediaType
from models.generation import Prompt
from models.hub.loading import describe
from models.hub.lora import FILE
from models.training.sheets import write_sheet
from ranking.live_policy import live_policy
from rl.generator_evidence import GeneratorEvidence, Works, compare, make
from rl.hub_painting import HubPainter
from rl.iterations import CURVES
from rl.large_model import large_model
from rl.promote_generator import held_out_n_grams
from rl.reward.combined import CombinedReward
from rl.reward.preference import PreferenceModel
from rl.reward.registry import HELD_OUT, newest_reward, read_preference
from rl.reward.settings import RewardTraining
from rl.train_reward import read
from rl.tuning.hub import ShownHubMedia, check, tune_hub
from rl.tuning.hub_conventions import TunableModel
from rl.tuning.latent_media import ShownMedia
from rl.tuning.log_reader import bytes_of, mood_of
from rl.tuning.settings import GeneratorTuning
from rl.tuning.sheet import SHEET
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.media_item import MediaItem
from store.registries import generator_registry
from store.registry import Registry
from store.tenant_log import read_slates

LEAST_MEDIA = 20
SEEDS = 2
SHOWN = 8  # n-grams on the sheet


def with_what_was_told(
    shown: ShownMedia, items: Mapping[str, MediaItem], data: Mapping[str, bytes], model: TunableModel
) -> ShownHubMedia:
    """Those media that the model's checkpoint made, tuned or not, and what it is told of each n-gram in each mood."""
    by = Path(model.checkpoint).name
    rows = [
        row
        for row, item_id in enumerate(shown.item_ids)
        if item_id in data and (items[item_id].model_version or "").startswith(by)
    ]
    if len(rows) < LEAST_MEDIA:
        raise ValueError(f"log: {len(rows)} media of {by} to learn from; needed are {LEAST_MEDIA}")
    made = shown.take(torch.tensor(rows))
    prompts = [
        describe(Prompt(n_gram, 0, mood=mood_of(items[item_id])), model.template)
        for n_gram, item_id in zip(made.n_grams, made.item_ids, strict=True)
    ]
    return ShownHubMedia(
        made, {item_id: data[item_id] for item_id in dict.fromkeys(made.item_ids)}, prompts
    )


def evidence(
    base: TunableModel,
    live: TunableModel,
    tuned: TunableModel,
    weights: Path,
    n_grams: Sequence[str],
    held_out: PreferenceModel,
    seed: int,
    sheet: Path,
) -> GeneratorEvidence:
    """What the tuned one makes against the live one, by the reward that tuning never saw; also as a sheet, in this order.

    One is loaded after the other: two may not fit a GPU.
    """
    works, rows = dict[TunableModel, Works](), list[list[Image.Image]]()
    for model in dict.fromkeys((base, live, tuned)):
        painter = HubPainter(model, weights)
        works[model] = make(painter, n_grams, SEEDS, held_out.probability)
        rows += [painter.seen[place::SEEDS][:SHOWN] for place in range(SEEDS)]
        del painter
    write_sheet(sheet, rows, n_grams[:SHOWN])
    return compare(works[tuned], works[live], works[base], seed)


async def read_bytes(
    store_urls: tuple[str, str], item_ids: tuple[str, ...]
) -> tuple[dict[str, MediaItem], dict[str, bytes]]:
    """The items that are still there, and their bytes."""
    store = await MediaStore.open(*store_urls)
    try:
        items = await store.get(sorted(set(item_ids)))
        return items, await bytes_of(store, items)
    finally:
        await store.close()


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
        "runs/hub"
    ),
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Tune a large model on what it made that was shown, by the newest reward, and register the LoRA with its evidence.

    It begins with the checkpoint; a LoRA that serves already is what the new one is compared with.
    """
    settings, serves = GeneratorTuning.load(config), large_model(modality, model)
    large = replace(serves, lora=None)
    check(settings, large)
    live = live_policy(Registry(registry), ranking)
    newest = newest_reward(registry, modality, large.judge)
    trained = RewardTraining.model_validate(newest["settings"])
    preference, held_out = (
        read_preference(registry, modality, newest["version"], *name) for name in ((), (HELD_OUT,))
    )
    rows = read_slates(LogDataset(log), tenant)
    places = (database, media)
    showings = asyncio.run(read(rows, places, weights, live.weights, trained.max_weight, modality, large))
    learn, _ = showings.generated.split(trained.held_out)  # the others judge the result
    made = with_what_was_told(learn, *asyncio.run(read_bytes(places, learn.item_ids)), large)
    ray.init(include_dashboard=False, log_to_driver=False)
    reward = CombinedReward(preference, trained.reward, live.weights)
    lora = tune_hub(settings, large, made, weights, reward, run_dir)
    people = made.shown.people_N.tolist()
    asked = held_out_n_grams(rows, set(people), n_grams, settings.seed)
    tuned = replace(large, lora=str(lora))
    found = evidence(large, serves, tuned, weights, asked, held_out, settings.seed, run_dir / SHEET)
    versions = generator_registry(registry, f"hub-{modality}")
    about = _about(modality, large, settings, newest["version"], made, found)
    version = register(lora, about, people, run_dir, versions)
    for name, gain in found.gains.items():
        typer.echo(f"{name:10} {gain}")
    typer.echo(
        f"registered {version}, from {len(made.shown)} media; {found.objection() or 'nothing speaks against it'}"
    )
    typer.echo(f"to serve it, set {modality}.hub.lora: {versions.root}/{version}")


def register(
    lora: Path, about: dict[str, Any], people: list[int], run_dir: Path, versions: Registry
) -> str:
    """Add the version with its curves and its sheet; returns its name."""
    files = {FILE: (lora / FILE).read_bytes()}
    version = f"lora-{hashlib.sha256(files[FILE]).hexdigest()[:10]}"
    files |= {name: (run_dir / name).read_bytes() for name in (CURVES, SHEET)}
    versions.add(version, files, about, people)
    return version


def _about(
    modality: MediaType,
    model: TunableModel,
    settings: GeneratorTuning,
    reward: str,
    made: ShownHubMedia,
    found: GeneratorEvidence,
) -> dict[str, Any]:
    return {
        "modality": modality,
        "model": asdict(model),
        "settings": settings.model_dump(mode="json"),
        "reward": reward,
        "data": {"slates": len(set(made.shown.slates)), "media": len(made.shown)},
        "evidence": found.figures,
        "objection": found.objection(),
    }


if __name__ == "__main__":
    typer.run(main)
