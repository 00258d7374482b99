"""The part of the exported log that a job may learn from: one tenant's, or all if the operator says so."""

from typing import Any

import pyarrow.compute as pc

from store.log_dataset import LogDataset

ALL = "*"  # is no tenant's name


def read_slates(log: LogDataset, tenant: str | None) -> list[dict[str, Any]]:
    """The rows of a tenant; without one all rows, if they are of one tenant only, else ValueError."""
    table = log.read()
    if tenant is None:
        found = sorted(name or "(none)" for name in pc.unique(table["tenant"]).to_pylist())
        if len(found) > 1:
            raise ValueError(
                f"tenant: {log.root} has slates of {', '.join(found)}; name one, or {ALL} to learn from all of them"
            )
    elif tenant != ALL:
        table = table.filter(pc.equal(table["tenant"], tenant))
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
