import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.references import ORDERED, References, Wish, Worth

STRANGER = Wish()
ALL_ALIKE = torch.nn.functional.normalize(torch.ones(1, 5))


def make_references() -> References:
    """Five motifs in two styles, each found by its own direction, the first ones warm; the second style lacks motif 0."""
    latents = torch.stack([torch.arange(1.0, 6.0), torch.arange(-1.0, -6.0, -1.0)])
    latents[1, 0] = 0
    warmth = torch.tensor([[0.9, 0.7, -0.5, -0.6, -0.7]]).expand(2, 5)
    return References.of(torch.eye(5), latents[:, :, None, None, None].expand(2, 5, 4, 2, 2), warmth)


@pytest.fixture
def references() -> References:
    return make_references()


def test_what_fits_equally_well_takes_turns_by_seed(references: References) -> None:
    text = ALL_ALIKE.expand(50, 5)
    picked = references.pick(text, range(50), [STRANGER] * 50)
    assert set(picked) == set(range(5))
    assert picked == references.pick(text, range(50), [STRANGER] * 50)


def test_what_fits_much_better_is_nearly_always_picked_first(references: References) -> None:
    text, seeds = torch.eye(5)[[2]].expand(50, 5), range(0, 50 * ORDERED, ORDERED)
    assert references.pick(text, seeds, [STRANGER] * 50) == [2] * 50


@given(order=st.integers(0, 2**40), count=st.integers(1, 5))
def test_the_media_of_one_order_share_no_motif_among_those_that_fit_alike(order: int, count: int) -> None:
    seeds = range(order * ORDERED, order * ORDERED + count)
    picked = make_references().pick(ALL_ALIKE.expand(count, 5), seeds, [STRANGER] * count)
    assert len(set(picked)) == count


@given(seed=st.integers(0, 2**40))
def test_a_motif_rather_repeats_than_one_is_drawn_that_fits_much_worse(seed: int) -> None:
    assert make_references().pick(torch.eye(5)[[2]], [seed], [STRANGER]) == [2]


@given(seed=st.integers(0, 2**40), length=st.floats(1 - 1e-6, 1 + 1e-6))
def test_the_very_words_of_a_motif_find_it_however_their_vector_is_rounded(
    seed: int, length: float
) -> None:
    assert make_references().pick(length * torch.eye(5)[[2]], [seed], [STRANGER]) == [2]


@given(seed=st.integers(0, 2**48))
def test_a_motif_that_a_style_lacks_is_never_picked_for_it(seed: int) -> None:
    assert make_references().pick(torch.eye(5)[[0]], [seed], [Wish(style=1)]) != [0]


def test_what_people_want_is_drawn_oftener_but_never_what_fits_much_worse(references: References) -> None:
    text = torch.nn.functional.normalize(torch.tensor([[1.0, 1.0, 0.0, 0.0, 0.0]]), dim=1).expand(200, 5)
    seeds = range(0, 200 * ORDERED, ORDERED)
    plain = references.pick(text, seeds, [STRANGER] * 200)
    worth_SM = torch.zeros(2, 5)
    worth_SM[0, 1], worth_SM[0, 4] = 0.05, 9.0
    references.prefer(Worth(worth_SM, references.identity))
    wanted = references.pick(text, seeds, [STRANGER] * 200)
    assert set(wanted) == set(plain) == {0, 1}
    assert wanted.count(1) > plain.count(1) + 30


def test_worth_of_other_references_is_refused(references: References) -> None:
    others = References.of(references.keys_MT.flip(0), references.latents_SMCHW, references.warmth_SM)
    with pytest.raises(ValueError, match=f"worth is of references {others.identity}"):
        references.prefer(Worth(others.worth_SM, others.identity))


def test_a_motif_looks_as_its_style_has_it(references: References) -> None:
    assert references.latents([0, 1], [3, 3])[:, 0, 0, 0].tolist() == pytest.approx([4.0, -4.0], rel=1e-3)


@given(scale=st.floats(0.1, 9), seed=st.integers(0, 99))
def test_eight_bits_keep_latents_to_half_a_step(scale: float, seed: int) -> None:
    latents = scale * torch.randn(1, 3, 4, 2, 2, generator=torch.Generator().manual_seed(seed))
    kept = References.of(torch.eye(3), latents, torch.zeros(1, 3)).latents([0, 0, 0], [0, 1, 2])
    assert (kept - latents[0]).abs().max() <= 0.52 * latents.abs().max() / 127


def test_a_leaning_draws_towards_what_the_person_likes(references: References) -> None:
    text, seeds = ALL_ALIKE.expand(50, 5), range(0, 50 * ORDERED, ORDERED)
    plain = references.pick(text, seeds, [STRANGER] * 50)
    leaning = references.pick(text, seeds, [Wish(leaning=torch.eye(5)[4])] * 50)
    assert plain.count(4) < 20
    assert leaning.count(4) > 45


def test_a_leaning_does_not_outweigh_what_the_text_says(references: References) -> None:
    text, seeds = torch.eye(5)[[2]].expand(50, 5), range(0, 50 * ORDERED, ORDERED)
    assert references.pick(text, seeds, [Wish(leaning=torch.eye(5)[4])] * 50) == [2] * 50


def test_a_favourite_colour_decides_between_what_fits_equally_well(references: References) -> None:
    text, seeds = ALL_ALIKE.expand(50, 5), range(0, 50 * ORDERED, ORDERED)
    warm = references.pick(text, seeds, [Wish(colour="warm")] * 50)
    cool = references.pick(text, seeds, [Wish(colour="cool")] * 50)
    plain = references.pick(text, seeds, [STRANGER] * 50)
    assert [sum(row in (0, 1) for row in rows) for rows in (cool, plain, warm)] == sorted(
        sum(row in (0, 1) for row in rows) for rows in (cool, plain, warm)
    )
    assert sum(row in (0, 1) for row in warm) > 35
    assert sum(row in (2, 3, 4) for row in cool) > 40
