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


def scene(*colour: int) -> Image.Image:
    return Image.new("RGB", (192, 192), colour)


def means(card: Image.Image, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    return np.asarray(card).astype(int)[top:bottom, left:right].reshape(-1, 3).mean(axis=0)


@settings(deadline=None, max_examples=20)
@given(
    ground=st.tuples(*[st.integers(0, 255)] * 3),
    text=st.sampled_from(["", "good luck", "🎂", "生日快乐"]),
)
def test_any_scene_and_text_give_an_opaque_card_with_its_subject_in_it(
    subject: Image.Image, ground: tuple[int, int, int], text: str
) -> None:
    card = make_card(scene(*ground), subject, text)
    assert (card.mode, card.size) == ("RGB", (256, 256))
    assert np.abs(means(card, 118, 95, 138, 115) - (220, 30, 40)).max() < 12
    assert np.abs(means(card, 0, 0, 20, 20) - ground).max() < 3, "the scene is not seen"


def test_a_subject_in_the_colour_of_the_scene_stands_out_by_its_edge(subject: Image.Image) -> None:
    card = np.asarray(make_card(scene(220, 30, 40), subject, "")).astype(int)
    row = card[160]
    assert row.min(axis=1).max() > 235, "no white edge"
    assert row[:, 0].min() < 215, "no shadow"


def test_words_are_drawn_below_the_subject_and_can_be_read_on_white(subject: Image.Image) -> None:
    with_words, without = (
        np.asarray(make_card(scene(255, 255, 255), subject, text)).astype(int) for text in ("hello", "")
    )
    assert (with_words[196:246, 40:216].max(axis=2) < 140).sum() > 300, "no dark outline"
    assert (without[246:, 40:216].max(axis=2) < 140).sum() == 0


def test_the_same_arguments_give_the_same_pixels(subject: Image.Image) -> None:
    first, again = (make_card(scene(20, 40, 60), subject, "hello").tobytes() for _ in range(2))
    assert first == again
