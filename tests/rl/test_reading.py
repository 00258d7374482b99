from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.slate import sample_slate
from rl.simulation.lab import build_lab
from rl.simulation.reading import Reading, draw_selections, selection_probabilities
from tests.rl.worlds import every_slate, lab

unit = st.floats(0.0, 1.0)
readings = st.builds(Reading, bias=st.floats(0.0, 3.0), patience=unit, cascade_share=unit)
attractions = st.lists(unit, min_size=1, max_size=8).map(lambda row: np.array([row]))


@given(attractions, readings)
def test_selection_probabilities_never_exceed_the_attraction(row: np.ndarray, reading: Reading) -> None:
    probabilities = selection_probabilities(row, reading)
    assert (probabilities >= 0.0).all()
    assert (probabilities <= row + 1e-12).all()
    assert probabilities[0, 0] == pytest.approx(row[0, 0])


@given(attractions, st.builds(Reading, patience=unit, cascade_share=st.just(1.0)))
def test_a_cascade_selects_at_most_one(row: np.ndarray, reading: Reading) -> None:
    assert selection_probabilities(row, reading).sum() <= 1.0 + 1e-9
    drawn = draw_selections(np.repeat(row, 50, axis=0), reading, np.random.default_rng(0))
    assert (drawn.sum(axis=1) <= 1).all()


def test_the_closed_forms_are_right_for_two_places() -> None:
    row = np.array([[0.5, 0.4]])
    cascade = selection_probabilities(row, Reading(bias=1.0, patience=0.8, cascade_share=1.0))
    positions = selection_probabilities(row, Reading(bias=1.0, patience=0.8, cascade_share=0.0))
    assert cascade[0].tolist() == pytest.approx([0.5, 0.8 * 0.5 * 0.4])
    assert positions[0].tolist() == pytest.approx([0.5, 0.5 * 0.4])


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_selections_are_drawn_with_their_probabilities(share: float) -> None:
    reading = Reading(cascade_share=share)
    row = np.array([[0.3, 0.6, 0.2, 0.5]])
    drawn = draw_selections(np.repeat(row, 200_000, axis=0), reading, np.random.default_rng(0))
    assert drawn.mean(axis=0) == pytest.approx(selection_probabilities(row, reading)[0], abs=0.005)


def test_a_reading_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match=r"patience is 1.5; allowed is 0 to 1"):
        Reading(patience=1.5)
    with pytest.raises(ValueError, match=r"bias is -1"):
        Reading(bias=-1.0)


def test_the_lab_places_items_as_the_real_slate_does() -> None:
    utilities = np.array([0.3, -0.2, 0.9, 0.1, 0.0, -1.0])
    one = build_lab(
        utilities[None], utilities[None], utilities[None] * 0, utilities[None] * 0, 3, Reading()
    )
    drawn = sample_slate(utilities, 3, 1.0, np.random.default_rng(0).exponential(size=6))
    at = one.slates_LK.tolist().index(list(drawn.order))
    assert one.logged.given_above_CLK[0, at].tolist() == pytest.approx(list(drawn.propensities))


def test_the_lab_knows_all_probabilities() -> None:
    world = lab(3)
    slates, chances = every_slate(world)
    assert slates.rewards_SK.shape == (12 * 6 * 5 * 4, 3)
    assert chances.sum() == pytest.approx(1.0)
    for item, place in product(range(6), range(3)):
        at = world.slates_LK[:, place] == item
        stacked = world.logged.slate_CL[:, at].sum(axis=1)
        assert world.logged.marginal_CLK[:, at, place] == pytest.approx(np.tile(stacked[:, None], at.sum()))


def test_the_lab_logs_what_its_tables_say() -> None:
    world = lab(2)
    log = world.log(100_000, np.random.default_rng(0))
    assert log.rewards_SK.sum(axis=1).mean() == pytest.approx(world.truth(world.logged), abs=0.006)
    assert log.given_above.ratios().prod(axis=1).mean() == pytest.approx(1.0, abs=0.02)
