import json
from dataclasses import replace

import numpy as np
import pytest

from ranking.slate import step_log_probabilities
from rl.log import read_log
from tests.ranking import strategies as s
from tests.ranking.networks import random_network
from tests.rl.logs import log_rows

WEIGHTS = replace(s.SHIPPED, temperature=0.1)


def test_the_log_replays_to_the_propensities_that_it_holds() -> None:
    log = read_log(log_rows(30, WEIGHTS), WEIGHTS)
    totals_SN = log.features_SNF[..., 0].astype(np.float64)
    for i in range(len(log)):
        there = np.flatnonzero(log.is_there_SN[i])
        for k, place in enumerate(log.order_SK[i]):
            logs_N = step_log_probabilities(
                totals_SN[i, there],
                log.penalties_SKN[i, k, there].astype(np.float64),
                log.order_SK[i, :k].tolist(),
                WEIGHTS.temperature,
            )
            # totals are logged in half precision: 1/2000 of the total is 1/200 of the temperature
            assert np.exp(logs_N[place]) == pytest.approx(log.propensities_SK[i, k], rel=0.02)


def test_rewards_stand_where_the_selected_item_stood() -> None:
    rows = log_rows(40, WEIGHTS)
    log = read_log(rows, WEIGHTS)
    for i, row in enumerate(rows):
        chosen = {deed["item_id"] for deed in row["feedback"]}
        assert log.rewards_SK[i].tolist() == [float(item["item_id"] in chosen) for item in row["shown"]]
    assert log.rewards_SK.sum() > 0


def test_dismissals_earn_nothing() -> None:
    (row,) = log_rows(1, WEIGHTS)
    row["feedback"] = [{"item_id": row["shown"][0]["item_id"], "action": "dismiss"}]
    assert read_log([row], WEIGHTS).rewards_SK.sum() == 0.0
    row["feedback"][0]["action"] = "share"
    assert read_log([row], WEIGHTS).rewards_SK.sum() == 1.0


def test_the_last_slate_of_a_suggestion_counts() -> None:
    first, second = log_rows(2, WEIGHTS)
    second |= {"suggestion_id": first["suggestion_id"], "slate": 1}
    log = read_log([second, first], WEIGHTS)
    assert len(log) == 1
    assert log.propensities_SK[0].tolist() == [item["propensity"] for item in second["shown"]]


def test_rows_without_features_of_this_version_are_passed_over() -> None:
    old, other, good = log_rows(3, WEIGHTS)
    for row, change in ((old, {}), (other, {"features": "0:AAAA"})):
        candidates = json.loads(row["candidates"])
        for each in candidates:
            del each["features"]
            each |= change
        row["candidates"] = json.dumps(candidates)
    log = read_log([old, other, good], WEIGHTS)
    assert len(log) == 1
    assert len(read_log([], WEIGHTS)) == 0


def test_no_person_is_on_both_sides_of_the_split() -> None:
    log = read_log(log_rows(60, WEIGHTS), WEIGHTS)
    learn, judge = log.split(0.3)
    assert len(learn) + len(judge) == len(log)
    assert not set(learn.people_S) & set(judge.people_S)
    assert len(judge) > 0


def test_slates_of_several_sizes_are_padded() -> None:
    rows = log_rows(3, WEIGHTS)
    rows[0]["shown"] = rows[0]["shown"][:1]
    log = read_log(rows, WEIGHTS)
    assert log.order_SK[0, 1:].tolist() == [-1] * (log.order_SK.shape[1] - 1)
    assert log.propensities_SK[0, 1:].tolist() == [1.0] * (log.order_SK.shape[1] - 1)


def test_the_slates_of_one_policy_can_be_taken_out() -> None:
    rows = log_rows(9, WEIGHTS)
    for row in rows[:3]:
        row["policy_version"] = "ranker-other"
    log = read_log(rows, WEIGHTS)
    assert len(log.drawn_by("ranker-other")) == 3
    assert set(log.drawn_by(WEIGHTS.version).policy_versions) == {WEIGHTS.version}
    assert len(log.drawn_by("ranker-none")) == 0


def test_without_a_network_candidates_are_worth_their_totals() -> None:
    log = read_log(log_rows(3, WEIGHTS), WEIGHTS)
    assert log.utilities(None).tolist() == log.features_SNF[..., 0].astype(float).tolist()
    assert log.utilities(random_network()).shape == log.is_there_SN.shape
