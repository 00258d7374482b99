"""Learn from the log again and again: train, judge, try out, promote or take back, and write down why: `gramoji learn`."""

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import ray
import typer

from models.text import TextEncoder
from ranking.live_policy import live_policy, read_policy
from ranking.policy import RankingPolicy
from rl.drift import Drift, Encode, measure_log
from rl.evidence import Evidence, compared
from rl.learn_settings import LearnSettings
from rl.log import RankingLog, read_log
from rl.promote_ranker import promote, try_out
from rl.ranker_settings import RankerTraining
from rl.train_ranker import LEAST_SLATES, train_version
from store.database import connect
from store.journal import Decision, Journal
from store.log_dataset import LogDataset
from store.registry import Registry
from store.serving import Beside
from store.tenant_log import read_slates

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Learning:
    """One look at the log, and what follows from it."""

    settings: LearnSettings
    registry: Registry
    ranking: Path
    run_dir: Path
    encode: Encode

    def look(self, rows: Sequence[Mapping[str, Any]], now_s: float) -> None:
        """Decide on the canary if there is one; otherwise train anew if there is reason to."""
        live = live_policy(self.registry, self.ranking)
        log = read_log(rows, live.weights)
        beside = self.registry.serving().beside
        if beside is not None and beside.role == "canary" and beside.version is not None:
            self._judge_canary(beside, beside.version, log, live, now_s)
        else:
            self._learn(rows, log, live)

    def _judge_canary(
        self, beside: Beside, version: str, log: RankingLog, live: RankingPolicy, now_s: float
    ) -> None:
        found = compared(log, version, live.version, beside, self.settings.effect)
        days = (now_s - beside.since_s) / DAY_S
        if found.surely_better:
            self._promote(version, log, live, found)
        elif found.surely_worse:
            self._take_back(version, f"surely selected from less often: {found.reason}", found)
        elif days > self.settings.canary_days:
            self._take_back(version, f"not surely better after {days:.0f} days: {found.reason}", found)
        else:
            self._decide("waiting", version, f"canary for {days:.1f} days: {found.reason}", found.figures)

    def _learn(self, rows: Sequence[Mapping[str, Any]], log: RankingLog, live: RankingPolicy) -> None:
        ends = [about["data"].get("to_s", -np.inf) for about in self.registry.versions()]
        learned_s = max(ends, default=-np.inf)
        new = int((log.at_s_S > learned_s).sum())
        drift = measure_log(rows, self.registry, self.encode, self.settings.drift)
        moved = drift.reasons if drift is not None and live.network is not None else ()
        wanted = self.settings.drifted_slates if moved else self.settings.new_slates
        figures = {"new_slates": new, "wanted": wanted, "drift": _plain(drift)}
        why = f"{new} new slates" + (f", drifted: {', '.join(moved)}" if moved else "")
        training = RankerTraining.load(self.settings.training)
        learn, judged = log.split(training.held_out)
        if new < wanted or len(learn) < LEAST_SLATES:
            missing = f"wanted are {wanted}" if new < wanted else f"{len(learn)} to learn from are too few"
            self._decide("waiting", None, f"{why}; {missing}", figures)
            return
        run_dir = self.run_dir / f"to-{int(log.at_s_S.max())}"
        ray.init(ignore_reinit_error=True, log_to_driver=False)  # not before there is something to train
        version = train_version(training, learn, judged, live, run_dir, self.registry)
        shutil.rmtree(run_dir / "slates")  # as large as the log
        self._decide("trained", version, f"{why}; learned from {len(learn)}", figures)
        candidate = read_policy(self.registry, version)
        judged = read_log(rows, candidate.weights).split(training.held_out)[1]
        if self.settings.canary is not None:
            share = self.settings.canary
            try_out(self.registry, version, live.version, judged, training.seed, share, "learn")
        else:
            control = self.settings.control
            promote(self.registry, version, live.version, judged, training.seed, None, control, "learn")

    def _promote(self, version: str, log: RankingLog, live: RankingPolicy, trial: Evidence) -> None:
        training = self.registry.about(version)["settings"]
        _, judged = log.split(training["held_out"])
        control = self.settings.control
        promote(self.registry, version, live.version, judged, training["seed"], trial, control, by="learn")

    def _take_back(self, version: str, reason: str, found: Evidence) -> None:
        if self.registry.take_back(version, reason):
            self._decide("taken back", version, reason, found.figures)

    def _decide(self, what: str, version: str | None, reason: str, evidence: Mapping[str, Any]) -> None:
        Journal(self.registry).add(Decision("learn", what, version, reason, evidence))


def _plain(drift: Drift | None) -> dict[str, Any] | None:
    return None if drift is None else asdict(drift)


async def export(database_url: str, log: LogDataset) -> None:
    """Bring the exported log up to date."""
    engine = await connect(database_url)
    try:
        await log.export(engine)
    finally:
        await engine.dispose()


def main(
    database: Annotated[str, typer.Option(help="SQLAlchemy URL of the store.")],
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    ranking: Annotated[Path, typer.Option(help="Hand-set weights that a policy starts from.")],
    config: Annotated[Path, typer.Option(help="Settings of learning.")] = Path("configs/rl/learn.yaml"),
    run_dir: Annotated[Path, typer.Option(help="Folder of training runs.")] = Path("runs/learn"),
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Watch the log, learn from it when there is enough that is new, and say of each decision why."""
    settings = LearnSettings.load(config)
    learning = Learning(settings, Registry(registry), ranking, run_dir, TextEncoder().encode)
    journal, dataset = Journal(learning.registry), LogDataset(log)
    while True:
        known = len(journal.read())
        asyncio.run(export(database, dataset))
        learning.look(read_slates(dataset, tenant), time.time())
        for decision in journal.read()[known:]:
            typer.echo(f"{decision.what}: {decision.version or ''} {decision.reason}")
        if once:
            return
        time.sleep(settings.every_s)


if __name__ == "__main__":
    typer.run(main)
