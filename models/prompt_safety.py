"""Whether a text may be made into media: lists of words that people find offensive, in 28 languages."""

import json
import re
from functools import lru_cache
from pathlib import Path

import catalog
from catalog.items import Rating
from models.generation import UnusablePromptError

WORDS = Path(catalog.__file__).parent / "unsafe_words.json"


def check_prompt(text: str, locale: str, rating: Rating) -> None:
    """Raise an UnusablePromptError if the text has an unsafe word, of English or its own language, unless `r` is asked."""
    if rating != "r" and any(
        found and found.search(text) for found in map(_pattern, {"en", locale.split("-")[0].lower()})
    ):
        raise UnusablePromptError(f"its words are not for the rating {rating}")


@lru_cache
def _pattern(language: str) -> re.Pattern[str] | None:
    """Any unsafe word or phrase of the language, whole; inside others in scripts that put no spaces between words."""
    words = _words().get(language)
    if not words:
        return None
    inside = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(
        inside if language in ("zh", "ja", "th") else rf"(?<!\w)(?:{inside})(?!\w)", re.IGNORECASE
    )


@lru_cache
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = json.loads(WORDS.read_text("utf-8"))
    return words
