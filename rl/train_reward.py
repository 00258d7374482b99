"""Learn from the log what people want of generated media: `python -m rl.train_reward` or `gramoji finetune reward`."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from catalog.items import MediaType
from models.text import TextEncoder
from ranking.live_policy import live_policy
from ranking.weights import RankingWeights
from rl.large_model import large_model
from rl.log import BUCKETS
from rl.reward.learning import learn_preference
from rl.reward.preference import to_bytes
from rl.reward.registry import HELD_OUT, REWARD, judge_of, reward_registry
from rl.reward.reliability import reliability
from rl.reward.settings import RewardTraining
from rl.tuning.hub_conventions import TunableModel
from rl.tuning.log_reader import read_showings
from rl.tuning.senses import senses_of
from rl.tuning.showings import Showings
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.registry import Registry
from store.tenant_log import read_slates


def train_reward(
    settings: RewardTraining,
    showings: Showings,
    media_type: MediaType,
    registry: Registry,
    judge: str | None = None,
) -> dict[str, Any]:
    """Train two models, each on people of its own, and register them as one version; returns what is known of it.

    `reward.safetensors` is climbed in tuning, `held_out.safetensors` judges the result. Each is measured by
    the other's people. `judge` is the large model that said how well media fit, if one did.
    """
    torch.set_num_threads(settings.threads)
    judged_N = is_held_out(showings, settings.held_out)
    groups = {REWARD: showings.of(~judged_N), HELD_OUT: showings.of(judged_N)}
    models = {name: learn_preference(group, settings) for name, group in groups.items()}
    others = {REWARD: groups[HELD_OUT], HELD_OUT: groups[REWARD]}
    files = {name: to_bytes(model) for name, model in models.items()}
    version = f"reward-{hashlib.sha256(b''.join(files.values())).hexdigest()[:10]}"
    shown = showings.shown
    about = {
        "media_type": media_type,
        "judge": judge,
        "settings": settings.model_dump(mode="json"),
        "data": {
            "slates": len(set(shown.slates)),
            "media": len(showings),
            "generated": int(showings.generated_N.sum()),
            "selections": int(shown.chosen_N.sum()),
        },
        "metrics": {
            name.split(".")[0]: reliability(model, others[name], settings.max_weight, settings.seed)
            for name, model in models.items()
        },
    }
    registry.add(version, files, about, shown.people_N.tolist())
    return registry.about(version)


def is_held_out(showings: Showings, held_out: float) -> torch.Tensor:
    """Of whom (N,) the model learns that tuning never sees; the same people as `ShownMedia.split` holds out."""
    return showings.shown.people_N % BUCKETS < held_out * BUCKETS


async def read(
    rows: Sequence[Mapping[str, Any]],
    store_urls: tuple[str, str],
    weights_folder: Path,
    ranking: RankingWeights,
    max_weight: float,
    modality: MediaType = "sticker",
    model: TunableModel | None = None,
) -> Showings:
    """The media of the log, read from the store at these URLs of database and bytes; `model` is who judges how they fit."""
    store = await MediaStore.open(*store_urls)
    try:
        senses = senses_of(modality, weights_folder, model)
        return await read_showings(rows, store, senses, TextEncoder(), ranking, max_weight, modality, model)
    finally:
        await store.close()


def main(
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    database: Annotated[str, typer.Option(help="SQLAlchemy URL of the store.")],
    media: Annotated[str, typer.Option(help="Folder or fsspec URL of the store's bytes.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    ranking: Annotated[Path, typer.Option(help="Hand-set weights, where no policy is live.")],
    modality: Annotated[MediaType, typer.Option(help="What people were shown.")] = "sticker",
    model: Annotated[
        str | None,
        typer.Option(help="JSON of the large model that makes it, whose judge then says what fits."),
    ] = None,
    weights: Annotated[Path, typer.Option(help="Folder of the small models.")] = Path("models/weights"),
    config: Annotated[Path, typer.Option(help="Training settings.")] = Path("configs/rl/reward.yaml"),
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Train the models of preferences on the exported log and register them."""
    settings, versions = RewardTraining.load(config), Registry(registry)
    rows = read_slates(LogDataset(log), tenant)
    live = live_policy(versions, ranking)
    large = None if model is None else large_model(modality, model)
    places = (database, media)
    showings = asyncio.run(read(rows, places, weights, live.weights, settings.max_weight, modality, large))
    about = train_reward(settings, showings, modality, reward_registry(registry, modality), judge_of(large))
    for name, measures in about["metrics"].items():
        typer.echo(f"{name}  {json.dumps(measures)}")
    data = about["data"]
    typer.echo(
        f"registered {about['version']}, from {data['slates']} slates, {data['selections']} selections"
    )


if __name__ == "__main__":
    typer.run(main)
