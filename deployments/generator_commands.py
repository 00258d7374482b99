"""`gramoji finetune generator`: generators that learn from what people select."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from deployments.policy_commands import Config, Tenant, finetune_app
from deployments.settings import DEFAULT_CONFIG, AppSettings


@finetune_app.command("generator")
def finetune_generator(
    config: Config = DEFAULT_CONFIG,
    tuning: Annotated[Path, typer.Option(help="Tuning settings.")] = DEFAULT_CONFIG.parent
    / "rl"
    / "nft.yaml",
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/generator"
    ),
    tenant: Tenant = None,
) -> None:
    """Tune the sticker generator on the exported log and register it; started again, it goes on where it stopped."""
    settings = AppSettings.load(config)
    store = settings.store
    options = {
        "--config": str(tuning),
        "--run-dir": str(run_dir),
        "--log": store.log_url,
        "--database": store.database_url,
        "--media": store.blob_url,
        "--registry": store.registry_url,
        "--ranking": str(settings.suggest.ranking),
    } | ({"--tenant": tenant} if tenant else {})
    arguments = [part for option in options.items() for part in option]
    command = [sys.executable, "-m", "rl.tune_generator", *arguments]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
