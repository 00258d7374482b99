"""`gramoji finetune` and `gramoji training-set`: what is learned from what people select."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.items import MediaType
from deployments.jobs import (
    JOB_SETTINGS,
    LEARNING,
    Config,
    Settings,
    Tenant,
    large_model_of,
    media_of,
    ranking_of,
    run_job,
    weights_of,
)
from deployments.settings import DEFAULT_CONFIG, AppSettings

Training = Annotated[Path, typer.Option(help="Training settings.")]
Modality = Annotated[MediaType, typer.Option(help="What is made.")]
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
    modality: Modality = "sticker",
    tenant: Tenant = None,
) -> None:
    """Learn from the exported log what people select of generated media, and register it for tuning to climb."""
    settings = AppSettings.load(config)
    places = (*ranking_of(settings), *media_of(settings), *weights_of(settings))
    what = ("--modality", modality, *large_model_of(settings, modality))
    run_job("rl.train_reward", settings, tenant, "--config", str(training), *places, *what)


@finetune_app.command("generator")
def finetune_generator(
    config: Config = DEFAULT_CONFIG,
    tuning: Annotated[
        Path | None, typer.Option(help="Tuning settings, instead of configs/rl/nft.yaml or hub.yaml.")
    ] = None,
    run_dir: Annotated[
        Path | None, typer.Option(help="Folder of checkpoints and TensorBoard events.")
    ] = None,
    modality: Modality = "sticker",
    tenant: Tenant = None,
) -> None:
    """Tune the sticker generator, or the large model of a modality, on the exported log, and register what it learned.

    Started again in the same folder, it goes on where it stopped.
    """
    settings = AppSettings.load(config)
    large = large_model_of(settings, modality)
    job, told = ("rl.tune_hub", "hub.yaml") if large else ("rl.tune_generator", "nft.yaml")
    run = _run(tuning or JOB_SETTINGS / told, run_dir or Path(f"runs/tune-{modality}"))
    places = (*ranking_of(settings), *media_of(settings), *weights_of(settings))
    run_job(job, settings, tenant, *run, *places, "--modality", modality, *large)


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
