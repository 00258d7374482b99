"""Learn which style, mood and lettering to draw: `python -m rl.train_drawing` or `gramoji finetune drawing`."""

import asyncio
import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import ray
import typer

from ranking.drawing import DrawingPolicy, to_safetensors
from ranking.live_drawing import DRAWING, live_drawing
from rl.drawn_media import DrawnMedia, judge, read_drawn_media, read_prompts
from rl.iterations import CURVES
from rl.network_training import train_network
from rl.ranker_settings import RankerTraining
from rl.train_ranker import describe
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.registries import drawing_registry
from store.registry import Registry
from store.tenant_log import read_slates

LEAST_MEDIA = 1_000
TEMPERATURE = 1.0  # shares are probabilities as they are


def train_drawing(
    settings: RankerTraining, media: DrawnMedia, live: DrawingPolicy, run_dir: Path
) -> DrawingPolicy:
    """Learn from these media by the ranker's objective: a choice of how to draw is a slate of one place."""
    return DrawingPolicy(train_network(settings, media.as_slates(), live.network, TEMPERATURE, run_dir))


def train_version(
    settings: RankerTraining,
    media: DrawnMedia,
    held_out: DrawnMedia,
    live: DrawingPolicy,
    run_dir: Path,
    registry: Registry,
) -> str:
    """Train on these media and register what was learned; returns its version."""
    policy = train_drawing(settings, media, live, run_dir)
    curves = (run_dir / CURVES).read_bytes()
    about = describe(settings, media.as_slates(), registry.live())
    about["metrics"] = json.loads(curves.splitlines()[-1])
    drawn = held_out.drawn_with(live.version)
    about["gain_on_held_out"] = asdict(judge(drawn, policy, settings.seed)) if len(drawn) else None
    files = {DRAWING: to_safetensors(policy), CURVES: curves}
    registry.add(policy.version, files, about, media.people_S.tolist())
    return policy.version


def read_media(log: str, database: str, blobs: str, tenant: str | None) -> DrawnMedia:
    """The media of the exported log, with how the store says that they were drawn."""
    rows = read_slates(LogDataset(log), tenant)

    async def prompts() -> DrawnMedia:
        store = await MediaStore.open(database, blobs)
        try:
            return read_drawn_media(rows, await read_prompts(rows, store))
        finally:
            await store.close()

    return asyncio.run(prompts())


def main(
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    database: Annotated[
        str, typer.Option(help="The store's database, which says how each medium was drawn.")
    ],
    media: Annotated[str, typer.Option(help="Folder or fsspec URL of the store's bytes.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    config: Annotated[Path, typer.Option(help="Training settings.")] = Path("configs/rl/drawing.yaml"),
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/drawing"
    ),
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Train the policy that chooses how media are drawn, and register it."""
    settings, versions = RankerTraining.load(config), drawing_registry(registry)
    learn, held_out = read_media(log, database, media, tenant).split(settings.held_out)
    if len(learn) < LEAST_MEDIA:
        raise ValueError(f"{log}: {len(learn)} media to learn from; needed are {LEAST_MEDIA}")
    ray.init(include_dashboard=False, log_to_driver=False)
    logging.getLogger("ray.data").setLevel(logging.WARNING)  # its progress, line by line
    version = train_version(settings, learn, held_out, live_drawing(versions), run_dir, versions)
    typer.echo(f"registered {version}, from {len(learn)} media")


if __name__ == "__main__":
    typer.run(main)
