"""`gramoji finetune` and `gramoji training-set`: what is learned from what people select."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.jobs import (
    JOB_SETTINGS,
    LEARNING,
    Config,
    Settings,
    Tenant,
    media_of,
    ranking_of,
    run_job,
    weights_of,
)
from deployments.settings import DEFAULT_CONFIG, AppSettings

Training = Annotated[Path, typer.Option(help="Training settings.")]
RunDir = Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")]
learning_app = typer.Typer()
finetune_app = typer.Typer(help="Learn from what people select.", no_args_is_help=True)
learning_app.add_typer(finetune_app, name="finetune")


@finetune_app.command("ranker")
def finetune_ranker(
    config: Config = DEFAULT_CONFIG,
    training: Training = JOB_SETTINGS / "ranker.yaml",
    run_dir: RunDir = Path("runs/ranker"),
    tenant: Tenant = None,
) -> None:
    """Train a ranking policy on the exported log and register it; started again, it goes on where it stopped."""
    settings = AppSettings.load(config)
    run_job("rl.train_ranker", settings, tenant, *_run(training, run_dir), *ranking_of(settings))


@finetune_app.command("drawing")
def finetune_drawing(
    config: Config = DEFAULT_CONFIG,
    training: Training = JOB_SETTINGS / "drawing.yaml",
    run_dir: RunDir = Path("runs/drawing"),
    tenant: Tenant = None,
) -> None:
    """Train the policy that chooses style, mood and letters of what is made, and register it."""
    settings = AppSettings.load(config)
    run_job("rl.train_drawing", settings, tenant, *_run(training, run_dir), *media_of(settings))


@finetune_app.command("reward")
def finetune_reward(
    config: Config = DEFAULT_CONFIG,
    training: Training = JOB_SETTINGS / "reward.yaml",
    tenant: Tenant = None,
) -> None:
    """Learn from the exported log what people select of generated stickers, and register it for tuning to climb."""
    settings = AppSettings.load(config)
    places = (*ranking_of(settings), *media_of(settings), *weights_of(settings))
    run_job("rl.train_reward", settings, tenant, "--config", str(training), *places)


@finetune_app.command("generator")
def finetune_generator(
    config: Config = DEFAULT_CONFIG,
    tuning: Annotated[Path, typer.Option(help="Tuning settings.")] = JOB_SETTINGS / "nft.yaml",
    run_dir: RunDir = Path("runs/generator"),
    tenant: Tenant = None,
) -> None:
    """Tune the sticker generator on the exported log and register it; started again, it goes on where it stopped."""
    settings = AppSettings.load(config)
    places = (*ranking_of(settings), *media_of(settings), *weights_of(settings))
    run_job("rl.tune_generator", settings, tenant, *_run(tuning, run_dir), *places)


@learning_app.command("training-set")
def training_set(
    out: Annotated[Path, typer.Argument(help="Folder that receives the set, replacing the one there.")],
    config: Config = DEFAULT_CONFIG,
    settings: Settings = LEARNING,
    if_drifted: Annotated[
        bool, typer.Option("--if-drifted", help="Only if the log has drifted, or there is no set yet.")
    ] = False,
    tenant: Tenant = None,
) -> None:
    """Write what `gramoji train sticker` may learn from now: the catalogue, selected and uploaded stickers."""
    app = AppSettings.load(config)
    options = [str(out), "--config", str(settings), *(["--if-drifted"] if if_drifted else [])]
    run_job("rl.build_training_set", app, tenant, *options, *media_of(app))


def _run(settings: Path, run_dir: Path) -> list[str]:
    return ["--config", str(settings), "--run-dir", str(run_dir)]
