import torch
from hypothesis import given
from hypothesis import strategies as st

from catalog.items import COLOURS
from models.colour import WARMTH_OF, colour_of, picture_colour, warmth


def disc(red: float, green: float, blue: float) -> torch.Tensor:
    """A solid square on transparent ground, premultiplied, in [-1, 1]."""
    picture = torch.full((4, 8, 8), -1.0)
    picture[:, 2:6, 2:6] = 2 * torch.tensor([red, green, blue, 1.0])[:, None, None] - 1
    return picture


def test_fire_is_warm_the_sea_is_cool_and_grey_is_neutral() -> None:
    assert picture_colour(disc(1, 0.4, 0)) == "warm"
    assert picture_colour(disc(0.1, 0.4, 0.9)) == "cool"
    assert picture_colour(disc(0.5, 0.5, 0.5)) == "neutral"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_ground_does_not_count_and_warmth_lies_between_its_bounds(
    red: float, green: float, blue: float
) -> None:
    found = float(warmth(disc(red, green, blue)[None]))
    assert -1 <= found <= 1
    assert abs(found - (red - blue)) < 1e-4


def test_each_colour_stands_for_itself() -> None:
    assert [colour_of(WARMTH_OF[colour]) for colour in COLOURS] == list(COLOURS)
