import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from models.card import make_card


@pytest.fixture(scope="module")
def subject() -> Image.Image:
    """A red disc."""
    image = Image.new("RGBA", (128, 128))
    ImageDraw.Draw(image).ellipse((10, 10, 118, 118), fill=(220, 30, 40, 255))
    return image


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**60), text=st.sampled_from(["", "good luck", "🎂", "生日快乐"]))
def test_any_seed_and_text_give_an_opaque_card_with_its_subject_on_it(
    subject: Image.Image, seed: int, text: str
) -> None:
    card = make_card(subject, text, seed)
    assert (card.mode, card.size) == ("RGB", (256, 256))
    middle = np.asarray(card).astype(int)[90:110, 118:138].reshape(-1, 3).mean(axis=0)
    assert np.abs(middle - (220, 30, 40)).max() < 12
    corner = np.asarray(card).astype(int)[:20, :20].reshape(-1, 3).mean(axis=0)
    assert np.abs(middle - corner).max() > 60, "the subject does not stand out"


def test_the_same_seed_gives_the_same_pixels_and_another_seed_does_not(subject: Image.Image) -> None:
    first, again, other = (make_card(subject, "hello", seed).tobytes() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_words_are_drawn_below_the_subject(subject: Image.Image) -> None:
    with_words, without = (np.asarray(make_card(subject, text, 5)).astype(int) for text in ("hello", ""))
    assert (with_words[190:240, 60:200].min(axis=2) > 250).sum() > 300, "no white letters"
    assert (without[200:250, 60:200].min(axis=2) > 250).sum() < 300


@pytest.mark.parametrize("seed", range(6))
def test_the_ground_has_the_colour_that_is_liked(subject: Image.Image, seed: int) -> None:
    warm, cool = (
        np.asarray(make_card(subject, "", seed, colour)).astype(int).reshape(-1, 3).mean(axis=0)
        for colour in ("warm", "cool")
    )
    assert warm[0] - warm[2] > cool[0] - cool[2] + 20
