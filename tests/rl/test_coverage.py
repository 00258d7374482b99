import numpy as np
import pytest

from benchmarks.ope_coverage import BANDIT, SLATE, make_lab
from rl.ope.direct import dm
from rl.ope.evaluate import Estimate, evaluate
from rl.simulation.reading import Reading

pytestmark = pytest.mark.slow
REPETITIONS = 150


@pytest.mark.parametrize(("places", "candidates", "estimators"), [(1, 20, BANDIT), (3, 8, SLATE)])
def test_95_percent_intervals_hold_the_truth_that_often(places: int, candidates: int, estimators) -> None:
    """Position-based reading, for which every estimator here is right, but for the direct method's wrong model.

    Of 150 intervals at 95 %, at least 133 and at most 149 hold the truth in 99.9 % of runs.
    """
    rng = np.random.default_rng(1)
    lab = make_lab(places, candidates, 0.3, -2.0, Reading(cascade_share=0.0), rng)
    truth, held = lab.truth(lab.target), dict.fromkeys(estimators, 0)
    for _ in range(REPETITIONS):
        log = lab.log(800, rng)
        for estimator in estimators:
            found = evaluate(log, estimator, rng)
            assert isinstance(found, Estimate)
            held[estimator] += found.interval.lower <= truth <= found.interval.upper
    assert held.pop(dm) < REPETITIONS / 2
    assert {each.__name__: count for each, count in held.items() if not 133 <= count <= 149} == {}
