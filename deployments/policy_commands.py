"""`gramoji finetune`, `promote`, `rollback` and `versions`: ranking policies that are learned from the log."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from deployments.settings import DEFAULT_CONFIG, AppSettings
from store.registry import Registry

Config = Annotated[Path, typer.Option(help="Configuration file.")]
policy_app = typer.Typer()
finetune_app = typer.Typer(help="Learn from what people select.", no_args_is_help=True)
policy_app.add_typer(finetune_app, name="finetune")


@finetune_app.command("ranker")
def finetune_ranker(
    config: Config = DEFAULT_CONFIG,
    training: Annotated[Path, typer.Option(help="Training settings.")] = DEFAULT_CONFIG.parent
    / "rl"
    / "ranker.yaml",
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/ranker"
    ),
) -> None:
    """Train a ranking policy on the exported log and register it; started again, it goes on where it stopped."""
    settings = AppSettings.load(config)
    _job("rl.train_ranker", settings, "--config", str(training), "--run-dir", str(run_dir))


@policy_app.command()
def promote(
    version: Annotated[str, typer.Argument(help="A registered version.")], config: Config = DEFAULT_CONFIG
) -> None:
    """Take a version live if the log says that it is surely better than the live one; otherwise say why not."""
    _job("rl.promote_ranker", AppSettings.load(config), version)


@policy_app.command()
def rollback(config: Config = DEFAULT_CONFIG) -> None:
    """Make the version before the live one live again; `gramoji deploy` brings a running server to it."""
    version = Registry(AppSettings.load(config).store.registry_url).rollback()
    typer.echo(f"{version or 'the hand-set weights'} is live")


@policy_app.command()
def versions(config: Config = DEFAULT_CONFIG) -> None:
    """List the registered versions, with the slates they learned from."""
    registry = Registry(AppSettings.load(config).store.registry_url)
    live = registry.live()
    for about in registry.versions():
        at = datetime.fromtimestamp(about["registered_at_s"], UTC)
        mark = "live" if about["version"] == live else ""
        typer.echo(f"{about['version']}  {at:%Y-%m-%d %H:%M}  {about['data']['slates']} slates  {mark}")


def _job(module: str, settings: AppSettings, *arguments: str) -> None:
    """Jobs are programs of their own: the server knows nothing of learning."""
    places = ("--log", settings.store.log_url, "--registry", settings.store.registry_url)
    command = [
        sys.executable,
        "-m",
        module,
        *arguments,
        *places,
        "--ranking",
        str(settings.suggest.ranking),
    ]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
