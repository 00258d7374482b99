"""Take a ranking policy live, try it out, or let it rank in the shadow, as far as the log allows: `gramoji promote`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ranking.live_policy import live_policy, read_policy
from rl.evidence import Evidence, compared, estimate
from rl.log import RankingLog, read_log
from store.journal import Decision, Journal
from store.log_dataset import LogDataset
from store.registry import Registry
from store.tenant_log import read_slates

EFFECT = 0.03  # selections a slate: differences of about this size are found soonest by a canary


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a version was given what was asked for it, and why."""

    promoted: bool
    reason: str


def promote(
    registry: Registry,
    version: str,
    live_version: str,
    log: RankingLog,
    seed: int,
    trial: Evidence | None = None,
    control: float = 0.0,
    by: str = "promote",
) -> Verdict:
    """Promote a version if its gain is surely above 0: on slates that the live policy drew, or as a canary.

    `log` must hold people whom the version has not learned from. `control` of the people keep the version before.
    """
    found = estimate(log, read_policy(registry, version), live_version, seed)
    if not found.surely_better and trial is not None and trial.surely_better:
        found = trial
    if found.surely_better:
        registry.promote(version, control)
        return _record(registry, version, "promoted", found, found.reason, by)
    reason = found.reason if found.gain is None else f"not surely better: {found.reason}"
    return _record(registry, version, "not promoted", found, reason, by)


def try_out(
    registry: Registry,
    version: str,
    live_version: str,
    log: RankingLog,
    seed: int,
    share: float,
    by: str = "promote",
) -> Verdict:
    """Give a version to a share of the people, unless the log says that it is surely worse: trying is how one learns."""
    found = estimate(log, read_policy(registry, version), live_version, seed)
    if found.surely_worse:
        return _record(registry, version, "not promoted", found, f"surely worse: {found.reason}", by)
    registry.try_out(version, share)
    return _record(registry, version, "canary", found, f"for {share:.0%} of the people; {found.reason}", by)


def _record(registry: Registry, version: str, what: str, found: Evidence, reason: str, by: str) -> Verdict:
    Journal(registry).add(Decision(by, what, version, reason, found.figures))
    return Verdict(what != "not promoted", reason)


def main(
    version: Annotated[str, typer.Argument(help="A registered version.")],
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    ranking: Annotated[Path, typer.Option(help="The hand-set weights.")],
    canary: Annotated[float | None, typer.Option(help="Share of the people to try it on.")] = None,
    control: Annotated[float, typer.Option(help="Share of the people who keep the version before.")] = 0.0,
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Take a version live if it is surely better than the live one; otherwise say why not, and exit with 1."""
    versions = Registry(registry)
    live, about = live_policy(versions, ranking), versions.about(version)
    candidate = read_policy(versions, version)
    slates = read_log(read_slates(LogDataset(log), tenant), candidate.weights)
    _, judged = slates.split(about["settings"]["held_out"])
    seed = about["settings"]["seed"]
    if canary is not None:
        verdict = try_out(versions, version, live.version, judged, seed, canary)
    else:
        trial = compared(slates, version, live.version, versions.serving().beside, EFFECT)
        verdict = promote(versions, version, live.version, judged, seed, trial, control)
    became = "is live" if canary is None else "is a canary"
    typer.echo(f"{version} {became if verdict.promoted else 'stays a candidate'}: {verdict.reason}")
    raise typer.Exit(0 if verdict.promoted else 1)


if __name__ == "__main__":
    typer.run(main)
