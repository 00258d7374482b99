import pytest
import torch

from models.references import References


@pytest.fixture
def references() -> References:
    """Five pictures, each found by its own direction: picture 3 is nothing but threes."""
    latents = torch.arange(5.0).view(5, 1, 1, 1).expand(5, 4, 2, 2)
    return References.of(torch.eye(5), latents)


def rows_of(picked: torch.Tensor) -> list[int]:
    rows: list[int] = picked[:, 0, 0, 0].int().tolist()
    return rows


def test_the_nearest_picture_comes_first(references: References) -> None:
    cosines, rows = references.nearest(torch.eye(5)[[3]], 2)
    assert rows[0, 0] == 3
    assert cosines[0].tolist() == [1.0, 0.0]
    assert references.nearest(torch.eye(5)[[3]], 99)[1].shape == (1, 5)


def test_what_fits_equally_well_takes_turns_by_seed(references: References) -> None:
    text = torch.nn.functional.normalize(torch.ones(1, 5)).expand(50, 5)
    picked = rows_of(references.pick(text, range(50), [None] * 50))
    assert set(picked) == set(range(5))
    assert picked == rows_of(references.pick(text, range(50), [None] * 50))


def test_what_fits_much_better_is_nearly_always_picked(references: References) -> None:
    assert rows_of(references.pick(torch.eye(5)[[2]].expand(50, 5), range(50), [None] * 50)) == [2] * 50


def test_seeds_that_follow_one_another_draw_different_pictures(references: References) -> None:
    text = torch.nn.functional.normalize(torch.ones(1, 5)).expand(4, 5)
    for first in range(0, 400, 7):
        picked = rows_of(references.pick(text, range(first, first + 4), [None] * 4))
        assert len(set(picked)) >= 3


def test_a_leaning_draws_towards_what_the_person_likes(references: References) -> None:
    text = torch.nn.functional.normalize(torch.ones(1, 5)).expand(50, 5)
    plain = rows_of(references.pick(text, range(50), [None] * 50))
    leaning = rows_of(references.pick(text, range(50), [torch.eye(5)[4]] * 50))
    assert plain.count(4) < 20
    assert leaning.count(4) > 45


def test_a_leaning_does_not_outweigh_what_the_text_says(references: References) -> None:
    text = torch.eye(5)[[2]].expand(50, 5)
    assert rows_of(references.pick(text, range(50), [torch.eye(5)[4]] * 50)) == [2] * 50
