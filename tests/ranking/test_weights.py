from dataclasses import replace

import pytest

from ranking.weights import RankingWeights
from tests.ranking import strategies as s


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gme_trust", 1.5),
        ("temperature", -1.0),
        ("relevance_scale", 0.0),
        ("evidence", 0.0),
        ("novelty", float("nan")),
        ("diversity", float("inf")),
        ("relevance_midpoint", float("nan")),
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is {value}; allowed is"):
        replace(s.SHIPPED, **{name: value})


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(TypeError, match="temprature"):
        RankingWeights(temprature=0.1)  # type: ignore[call-arg]


def test_the_version_follows_the_values() -> None:
    assert s.SHIPPED.version == replace(s.SHIPPED).version
    assert s.SHIPPED.version != s.GREEDY.version
    assert s.SHIPPED.version.startswith("ranker-")
