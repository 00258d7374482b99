import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.seasons import NORTHERN, SEASONS, SOUTHERN, season_in


@pytest.mark.parametrize(
    ("country", "month", "season"),
    [
        ("DE", 12, "winter"), ("DE", 1, "winter"), ("DE", 3, "spring"), ("JP", 7, "summer"), ("US", 11, "autumn"),
        ("AU", 12, "summer"), ("AU", 7, "winter"), ("NZ", 4, "autumn"), ("ZA", 9, "spring"),
    ],
)  # fmt: skip
def test_seasons_turn_with_the_months_and_the_hemisphere(country: str, month: int, season: str) -> None:
    assert season_in(country, month) == season


@given(st.sampled_from(sorted(NORTHERN)), st.sampled_from(sorted(SOUTHERN)), st.integers(1, 12))
def test_the_south_is_half_a_year_from_the_north(northern: str, southern: str, month: int) -> None:
    north, south = season_in(northern, month), season_in(southern, month)
    assert north is not None
    assert south is not None
    assert (SEASONS.index(north) - SEASONS.index(south)) % 4 == 2


@given(st.none() | st.sampled_from(["SG", "KE", "BR", "IN"]), st.integers(1, 12))
def test_elsewhere_and_nowhere_there_is_none(country: str | None, month: int) -> None:
    assert season_in(country, month) is None
