"""Take a registered ranking policy live if the log says that it is better: `gramoji promote`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ranking.live_policy import live_policy, read_policy
from rl.judging import judge
from rl.log import RankingLog, read_log
from rl.ope.overlap import Refusal
from store.log_dataset import LogDataset
from store.registry import Registry


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate went live, and why."""

    promoted: bool
    reason: str


def promote(registry: Registry, version: str, live_version: str, log: RankingLog, seed: int) -> Verdict:
    """Promote a version if, on slates that the live policy drew, the lower bound of its gain is above 0.

    `log` must hold people whom the version has not learned from.
    """
    drawn_S = np.array([each == live_version for each in log.policy_versions], dtype=np.bool_)
    if not drawn_S.any():
        return Verdict(False, f"the log holds no slate of the live policy {live_version} to judge by")
    found = judge(log.take(np.flatnonzero(drawn_S)), read_policy(registry, version), seed)
    if isinstance(found, Refusal):
        return Verdict(False, f"the log can't tell: {found.reason}")
    said = (
        f"{found.value:+.4f} selections a slate against {live_version} "
        f"({found.interval.lower:+.4f} to {found.interval.upper:+.4f}, {int(drawn_S.sum())} slates, "
        f"{found.overlap.effective_slates:.0f} effective)"
    )
    if found.interval.lower <= 0.0:
        return Verdict(False, f"not surely better: {said}")
    registry.promote(version)
    return Verdict(True, said)


def main(
    version: Annotated[str, typer.Argument(help="A registered version.")],
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    ranking: Annotated[Path, typer.Option(help="The hand-set weights.")],
) -> None:
    """Take a version live if it is surely better than the live one; otherwise say why not, and exit with 1."""
    versions = Registry(registry)
    live, about = live_policy(versions, ranking), versions.about(version)
    candidate = read_policy(versions, version)
    slates = read_log(LogDataset(log).read().to_pylist(), candidate.weights)
    _, judged = slates.split(about["settings"]["held_out"])
    verdict = promote(versions, version, live.version, judged, about["settings"]["seed"])
    typer.echo(f"{version} {'is live' if verdict.promoted else 'stays a candidate'}: {verdict.reason}")
    raise typer.Exit(0 if verdict.promoted else 1)


if __name__ == "__main__":
    typer.run(main)
