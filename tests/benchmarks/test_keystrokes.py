import random
from statistics import median

from benchmarks.keystrokes import PHRASES, keystrokes


def test_a_phrase_is_typed_key_by_key_to_its_end() -> None:
    for phrase in PHRASES:
        typed = list(keystrokes(phrase, random.Random(0)))
        assert [text for text, _ in typed] == [phrase[:end] for end in range(1, len(phrase) + 1)]
        assert [pause_s for _, pause_s in typed][-1] == 0


def test_people_wait_longer_after_a_word_than_within_it() -> None:
    draw = random.Random(0)
    pauses = [
        (text[-1], pause_s)
        for _ in range(100)
        for phrase in PHRASES
        for text, pause_s in list(keystrokes(phrase, draw))[:-1]
    ]
    within = median(pause_s for key, pause_s in pauses if key != " ")
    after = median(pause_s for key, pause_s in pauses if key == " ")
    assert 0.17 < within < 0.19
    assert after > 2 * within


def test_the_page_would_ask_three_times_a_second() -> None:
    """The figure that docs/deployment.md sizes from."""
    draw, debounce_s, calls, typing_s = random.Random(0), 0.12, 0, 0.0
    for _ in range(300):
        for phrase in PHRASES:
            for text, pause_s in keystrokes(phrase, draw):
                calls += pause_s > debounce_s or text == phrase
                typing_s += pause_s
            typing_s += debounce_s
    assert 3.1 < calls / typing_s < 3.3
