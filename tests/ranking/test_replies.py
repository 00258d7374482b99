from pathlib import Path

import pytest
import yaml

from catalog.recipe.phrases import PHRASES_FILE
from models.text import TextEncoder
from ranking.replies import Replies, load_replies


@pytest.fixture(scope="module")
def replies(encoder: TextEncoder) -> Replies:
    return Replies(load_replies(), encoder.encode)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("I got into medical school", "congratulations"),
        ("she passed away last night", "my condolences"),
        ("I have a terrible cold", "get well soon"),
        ("what shall we order tonight", "pizza tonight"),
        ("the invoice number is 4711", None),
    ],
)
def test_a_message_is_answered_by_what_it_means(
    replies: Replies, encoder: TextEncoder, message: str, answer: str | None
) -> None:
    assert replies.to(encoder.encode([message])[0]) == answer


def test_every_answer_is_a_phrase_that_the_catalogue_knows() -> None:
    phrases = yaml.load(PHRASES_FILE.read_text("utf-8"), yaml.BaseLoader)
    assert load_replies().keys() <= phrases.keys()


def test_a_file_that_is_wrong_says_where(tmp_path: Path) -> None:
    (tmp_path / "replies.yaml").write_text("hello: hi")
    with pytest.raises(ValueError, match=r"replies.yaml: 'hello' is 'hi'"):
        load_replies(tmp_path / "replies.yaml")
