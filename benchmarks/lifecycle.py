"""A simulated town whose ranking is learned, tried out, watched and taken back, on a real store and a real registry.

`python -m benchmarks.lifecycle --var FOLDER` fills the store of FOLDER, so that `GRAMOJI_VAR=FOLDER gramoji serve` shows
it at `/lab`, and writes `benchmarks/results/lifecycle.json`. Simulation: no figure is about real people.
"""

import asyncio
import json
import logging
import shutil
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import ray
import typer
from sqlalchemy.ext.asyncio import AsyncEngine
from ulid import ULID

from benchmarks.ranker import WEIGHTS
from benchmarks.ranker_rivals import ranking_by
from deployments.policies import Policies, load_policies, ranking_config
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.watch import Watch
from deployments.watch_limits import WatchLimits
from models.text import TextEncoder
from ranking.features import NAMES
from ranking.live_policy import POLICY
from ranking.logged import to_logged, to_shown
from ranking.network import ScoringNetwork
from ranking.policy import RankingPolicy, to_safetensors
from ranking.rank import RankedSlate
from rl.learn import Learning
from rl.learn_settings import LearnSettings
from rl.simulation.phrasebook import read_phrasebook
from rl.simulation.town import Customs, Impression, Moment, live
from store.database import connect, migrate
from store.feedback import Feedback, FeedbackLog
from store.impression import Impression as Logged
from store.impressions import ImpressionLog
from store.journal import Decision, Journal
from store.log_dataset import LogDataset
from store.registry import Registry

PEOPLE, ROUND = 400, 1_000
LEARN = LearnSettings.load(Path("configs/rl/learn.yaml")).model_copy(
    update={"new_slates": 7_000, "canary": 0.3, "canary_days": 1e-9}
)
ABOUT = {"data": {"slates": 0}, "settings": {"held_out": 0.3, "seed": 0}, "parent": None}


class Town:
    """People who type at a server that draws each slate by the policy that the registry gives to them."""

    def __init__(self, var: Path, engine: AsyncEngine) -> None:
        self.settings = AppSettings.load(DEFAULT_CONFIG, var)
        self.registry = Registry(self.settings.store.registry_url)
        self.engine = engine
        self.policies: Policies = self._read()
        customs = Customs(num_people=PEOPLE)
        self.life = live(read_phrasebook(), self._rank, WEIGHTS, customs, 1_000_000, seed=0)
        limits = WatchLimits(every_s=1e-6, settled_after_s=0.0)
        self.watch = Watch(engine, self.registry.root, limits)

    async def live(self, num: int) -> None:
        """So many impressions, in the store as a server would log them."""
        self.policies = self._read()
        shown, done = [], []
        for each in islice(self.life, num):
            shown.append(self._logged(each))
            done.extend(_selections(each, shown[-1]))
        await ImpressionLog(self.engine, "town").add(shown)
        await FeedbackLog(self.engine, "town").record(done)

    async def rows(self, folder: Path) -> list[dict[str, Any]]:
        """The exported log, hours that have not settled included."""
        shutil.rmtree(folder, ignore_errors=True)
        dataset = LogDataset(str(folder))
        await dataset.export(self.engine, time.time() + 3 * 3600.0)
        return dataset.read().to_pylist()

    def _read(self) -> Policies:
        return load_policies(ranking_config(self.settings.suggest, self.registry.root))

    def _rank(self, m: Moment, rng: np.random.Generator) -> RankedSlate:
        return ranking_by(self.policies.of(m.user_id).network, WEIGHTS)(m, rng)

    def _logged(self, each: Impression) -> Logged:
        name = str(ULID())
        return Logged(
            suggestion_id=name,
            slate=0,
            user_id=each.moment.user_id,
            composition_id=name,
            at_s=time.time(),
            n_gram=each.moment.n_gram,
            locale="en",
            policy_version=self.policies.of(each.moment.user_id).version,
            latency_ms=1.0,
            pending=(),
            degraded=(),
            shown=tuple(map(to_shown, each.slate.items)),
            candidates=tuple(to_logged(scored) for scored in each.slate.considered),
        )


def _selections(each: Impression, logged: Logged) -> Iterator[Feedback]:
    for shown, selected in zip(logged.shown, each.selected_K, strict=True):
        if selected:
            yield Feedback(str(ULID()), logged.suggestion_id, shown.item_id, "select", time.time())


def upside_down() -> ScoringNetwork:
    """u = -total: what fits worst comes first."""
    lift_F1 = np.zeros((len(NAMES), 1), dtype=np.float32)
    lift_F1[NAMES.index("total")] = -2.0
    zeros, ones = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    return ScoringNetwork(zeros, ones, 1.0, ((lift_F1, np.zeros(1, np.float32)),))


async def watched(town: Town, most: int) -> dict[str, Any]:
    """Live on until the watcher takes the newest version back, or for so many slates; it looks after every round."""
    newest, slates = town.registry.serving().newest, 0
    while slates < most and town.registry.serving().newest == newest:
        await town.live(ROUND)
        slates += ROUND
        await town.watch.look(town.policies)
    found = town.watch.latest
    assert found is not None
    taken_back = town.registry.serving().newest != newest
    interval = {"gain": found.value, "lower": found.lower, "upper": found.upper}
    return {"taken_back": taken_back, "slates": slates, "people": found.people} | interval


async def story(var: Path) -> dict[str, Any]:
    """Learn, try out what was learned; then try out, and promote, a bad policy by hand."""
    settings = AppSettings.load(DEFAULT_CONFIG, var)
    await migrate(settings.store.database_url)
    town = Town(var, await connect(settings.store.database_url))
    ranking = settings.suggest.ranking
    learning = Learning(LEARN, town.registry, ranking, var / "runs", TextEncoder().encode)
    await town.live(4_000)
    learning.look(await town.rows(var / "rows"), time.time())  # too little so far
    await town.live(4_000)
    learning.look(await town.rows(var / "rows"), time.time())
    results: dict[str, Any] = {"learned, as a canary for 30 %": await watched(town, 4_000)}
    learning.look(await town.rows(var / "rows"), time.time())
    bad = RankingPolicy(WEIGHTS, upside_down())
    town.registry.add(bad.version, {POLICY: to_safetensors(bad)}, ABOUT)
    for what, change in (
        ("canary", lambda: town.registry.try_out(bad.version, 0.2)),
        ("promoted", lambda: town.registry.promote(bad.version, 0.2)),
    ):
        change()
        Journal(town.registry).add(Decision("by hand", what, bad.version, "a sign was wrong"))
        results[f"upside down, {what}, 20 % of the people apart"] = await watched(town, 8_000)
    learning.look(await town.rows(var / "rows"), time.time())
    results["decisions"] = [
        f"{each.by}: {each.what}: {each.reason}" for each in Journal(town.registry).read()
    ]
    return results


def main(var: Annotated[Path, typer.Option(help="Folder of a store that is not there yet.")]) -> None:
    """Run the story and write what came of it."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    results = asyncio.run(story(var.resolve()))
    Path("benchmarks/results/lifecycle.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    typer.run(main)
