"""Print how far the log has moved from what the live version learned from: `gramoji drift`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from models.text import TextEncoder
from rl.drift import measure_log
from rl.learn_settings import LearnSettings
from store.log_dataset import LogDataset
from store.registry import Registry
from store.tenant_log import read_slates


def main(
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    config: Annotated[Path, typer.Option(help="Settings of learning.")] = Path("configs/rl/learn.yaml"),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Measure drift; exits with 1 if there is any."""
    limits = LearnSettings.load(config).drift
    rows = read_slates(LogDataset(log), tenant)
    found = measure_log(rows, Registry(registry), TextEncoder().encode, limits)
    if found is None:
        raise ValueError(f"{log}: no slates on both sides to compare")
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
    else:
        typer.echo(f"against {found.reference}: {found.slates[0]} slates then, {found.slates[1]} since")
        for each in found.measured:
            mark = "drifted" if each.drifted else ""
            typer.echo(
                f"{each.name:18} {each.kind:9} {each.value:7.3f}  of {each.limit:.3f}  {mark}".rstrip()
            )
    raise typer.Exit(1 if found.reasons else 0)


if __name__ == "__main__":
    typer.run(main)
