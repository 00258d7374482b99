"""Against logs of a real fashion shop, whose numbers the Open Bandit Pipeline publishes (Saito et al. 2021).

The wheel of `obp` carries them; it is fetched for its CSVs and never installed. The logs of the uniformly random
policy, run at the same time, say what that policy really earned.
"""

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rl.ope.evaluate import Estimate, evaluate
from rl.ope.overlap import Refusal
from rl.ope.slates import LoggedSlates, Probabilities
from rl.ope.weighting import ips, snips

pytestmark = pytest.mark.slow
ITEMS = {"all": 80, "men": 34, "women": 46}
ReadLog = Callable[[str, str], LoggedSlates]


@pytest.fixture(scope="module")
def read_log(tmp_path_factory: pytest.TempPathFactory) -> ReadLog:
    folder = tmp_path_factory.mktemp("obp")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--quiet",
        "obp==0.4.1",
        "-d",
        str(folder),
    ]
    fetched = subprocess.run(command, capture_output=True, text=True, check=False)
    if fetched.returncode and not os.environ.get("CI"):
        pytest.skip(f"the wheel of obp 0.4.1 can't be fetched: {fetched.stderr[-500:]}")
    assert fetched.returncode == 0, fetched.stderr
    return lambda policy, campaign: _read(next(folder.glob("*.whl")), policy, campaign)


def _read(wheel: Path, policy: str, campaign: str) -> LoggedSlates:
    """One of the six logs, with the uniform policy as the target; each row is one item in one place."""
    with zipfile.ZipFile(wheel) as archive:
        rows = pd.read_csv(io.BytesIO(archive.read(f"obp/dataset/obd/{policy}/{campaign}/{campaign}.csv")))
    logged = rows["propensity_score"].to_numpy(dtype=np.float64)[:, None]
    uniform = np.full_like(logged, 1.0 / ITEMS[campaign])
    return LoggedSlates(rows["click"].to_numpy(dtype=np.float64)[:, None], Probabilities(logged, uniform))


def judge(slates: LoggedSlates, estimator=ips) -> Estimate | Refusal:
    return evaluate(slates, estimator, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("campaign", "value", "margin"), [("all", 0.0024, 0.0017), ("men", 0.0030, 0.0015)]
)
def test_the_published_numbers_come_out(
    read_log: ReadLog, campaign: str, value: float, margin: float
) -> None:
    slates = read_log("bts", campaign)
    found = judge(slates)
    assert isinstance(found, Estimate)
    assert round(found.value, 4) == value
    weighted = slates.given_above.ratios() * slates.rewards_SK
    assert round(1.96 * weighted.std() / np.sqrt(len(slates)), 4) == margin
    assert found.interval.lower <= found.value - margin / 2
    assert found.interval.upper >= found.value + margin / 2


def test_a_campaign_without_overlap_is_refused(read_log: ReadLog) -> None:
    """Its IPS would be 0.0074 ± 0.0081: one slate in ten thousand has most of the weight."""
    for estimator in (ips, snips):
        found = judge(read_log("bts", "women"), estimator)
        assert isinstance(found, Refusal)
        assert found.reason == "effective slates are 2.1; needed are 100"


@pytest.mark.parametrize(("campaign", "clicks"), [("all", 38), ("men", 46), ("women", 46)])
def test_the_uniform_policy_judged_from_its_own_log_earns_its_clicks(
    read_log: ReadLog, campaign: str, clicks: int
) -> None:
    found = judge(read_log("random", campaign))
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(clicks / 10_000)


@pytest.mark.parametrize("campaign", ["all", "men"])
def test_intervals_from_one_policys_log_meet_those_of_the_policy_itself(
    read_log: ReadLog, campaign: str
) -> None:
    for estimator in (ips, snips):
        guessed, earned = judge(read_log("bts", campaign), estimator), judge(read_log("random", campaign))
        assert isinstance(guessed, Estimate)
        assert isinstance(earned, Estimate)
        assert guessed.interval.lower <= earned.interval.upper
        assert earned.interval.lower <= guessed.interval.upper
