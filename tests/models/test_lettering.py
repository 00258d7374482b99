import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.lettering import drawable, letter

BOX = (20, 60, 180, 120)


@pytest.mark.parametrize("text", ["", "  ", "🎂🎉", "生日快乐", "с днём рождения", "!?", "x" * 41])
def test_what_the_font_lacks_is_long_or_is_not_words_is_not_drawn(text: str) -> None:
    assert drawable(text) == ""


def test_emoji_are_left_out_and_the_words_around_them_stay() -> None:
    assert drawable("happy 🎂 birthday ❤️") == "happy birthday"
    assert drawable("señor, à bientôt!") == "señor, à bientôt!"


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.sampled_from(["hi", "happy", "birthday", "congratulations", "I", "love"]), min_size=1, max_size=3
    )
)
def test_words_stay_inside_their_box(words: list[str]) -> None:
    text = drawable(" ".join(words))
    before = Image.new("RGB", (200, 200), "teal")
    after = np.asarray(letter(before, text, BOX, "white", "black")).copy()
    changed = (after != np.asarray(before)).any(axis=2)
    assert changed[60:120, 20:180].any()
    changed[58:122, 18:182] = False
    assert not changed.any()


def test_a_box_that_is_far_too_small_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="does not fit 8 x 8 pixels"):
        letter(Image.new("RGB", (50, 50)), "happy birthday", (0, 0, 8, 8), "white", "black")
