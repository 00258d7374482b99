"""Tune a generator by what people select: `python -m rl.tune_generator` or `gramoji finetune generator`."""

import asyncio
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import ray
import torch
import typer

from models.autoencoder import Autoencoder
from models.references import References
from models.tuned import TunedSticker
from ranking.live_generator import tuned_files
from ranking.live_policy import live_policy
from rl.iterations import CURVES
from rl.reward.combined import CombinedReward, rate_by_sight
from rl.reward.registry import newest_reward, read_preference
from rl.reward.settings import RewardTraining
from rl.train_reward import read
from rl.tuning.forgetting import forgetting
from rl.tuning.latent_media import ShownMedia
from rl.tuning.reference_worth import reference_worth
from rl.tuning.settings import GeneratorTuning
from rl.tuning.sheet import SHEET, before_and_after
from rl.tuning.tune import tune_generator
from store.log_dataset import LogDataset
from store.registries import generator_registry
from store.registry import Registry
from store.tenant_log import read_slates

LEAST_MEDIA = 100


def tune_sticker(
    settings: GeneratorTuning, learn: ShownMedia, reward: CombinedReward, weights: Path, run_dir: Path
) -> TunedSticker:
    """The network by the algorithm of the settings, and the choice of references by the same preference."""
    transformer = tune_generator(settings, learn, reward, weights, run_dir)
    references = References.from_pretrained(weights / "sticker" / "references")
    texts_GT = torch.unique(learn.media.texts_NT.float(), dim=0)
    worth = reference_worth(references, reward.preference, settings.reference_temperature, texts_GT)
    digest = hashlib.sha256(b"".join(tuned_files(transformer, worth).values())).hexdigest()
    return TunedSticker(f"sticker-rl-{digest[:10]}", transformer, worth)


def register(
    made: TunedSticker, about: dict[str, Any], people: list[int], run_dir: Path, registry: Registry
) -> None:
    """Add the version with its curves and its sheet."""
    files = tuned_files(made.transformer, made.worth)
    files |= {name: (run_dir / name).read_bytes() for name in (CURVES, SHEET)}
    registry.add(made.version, files, about, people)


def main(
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    database: Annotated[str, typer.Option(help="SQLAlchemy URL of the store.")],
    media: Annotated[str, typer.Option(help="Folder or fsspec URL of the store's bytes.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    ranking: Annotated[Path, typer.Option(help="Hand-set weights, where no policy is live.")],
    modality: Annotated[Literal["sticker"], typer.Option(help="What is tuned.")] = "sticker",
    algorithm: Annotated[str | None, typer.Option(help="nft or ddpo, instead of what is set.")] = None,
    weights: Annotated[Path, typer.Option(help="Folder of the small models.")] = Path("models/weights"),
    config: Annotated[Path, typer.Option(help="Tuning settings.")] = Path("configs/rl/nft.yaml"),
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/tune-sticker"
    ),
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Tune a generator on the media that were shown, by the newest reward model, and register it."""
    settings = GeneratorTuning.load(config)
    if algorithm:
        settings = GeneratorTuning.model_validate(settings.model_dump() | {"algorithm": algorithm})
    live = live_policy(Registry(registry), ranking)
    newest = newest_reward(registry, modality)
    trained = RewardTraining.model_validate(newest["settings"])
    reward = CombinedReward(
        read_preference(registry, modality, newest["version"]),
        trained.reward,
        live.weights,
        rate_by_sight(Autoencoder.from_pretrained(weights / "sticker" / "vae"))
        if trained.reward.safety
        else None,
    )
    rows = read_slates(LogDataset(log), tenant)
    showings = asyncio.run(read(rows, (database, media), weights, live.weights, trained.max_weight))
    learn, _ = showings.generated.split(trained.held_out)  # the others judge the result
    if len(learn) < LEAST_MEDIA:
        raise ValueError(f"{log}: {len(learn)} generated stickers to learn from; needed are {LEAST_MEDIA}")
    ray.init(include_dashboard=False, log_to_driver=False)
    made = tune_sticker(settings, learn, reward, weights, run_dir)
    before_and_after(settings, learn, made, weights, run_dir)
    forgotten = forgetting(settings, made.transformer, weights)
    versions = generator_registry(registry, modality)
    about = {
        "modality": modality,
        "parent": versions.live(),
        "settings": settings.model_dump(mode="json"),
        "reward": newest["version"],
        "data": {"slates": len(set(learn.slates)), "media": len(learn)},
        "metrics": json.loads((run_dir / CURVES).read_text().splitlines()[-1]),
        "forgetting": asdict(forgotten),
    }
    register(made, about, learn.people_N.tolist(), run_dir, versions)
    typer.echo(f"forgetting {forgotten}: the rise of the loss on the training set, as a share")
    typer.echo(f"registered {made.version}, from {len(learn)} media")


if __name__ == "__main__":
    typer.run(main)
