"""The words that find the shipped media."""

import unicodedata

import pytest
import yaml

from catalog.items import Term
from catalog.recipe.phrases import PHRASES_FILE
from catalog.recipe.terms import MAX_TERM_CHARS, clean_terms
from catalog.stats import count_items


def finds(items, text, locale="en", media_type=None):
    return {
        item.emoji or item.alt_text
        for item in items
        if media_type in (None, item.media_type)
        and any(term.text == text and term.locale == locale for term in item.terms)
    }


def test_every_item_can_be_found_by_an_english_term(items):
    assert [item.item_id for item in items if not any(term.locale == "en" for term in item.terms)] == []


def test_terms_are_short_normal_lower_case_and_said_once_a_locale(items):
    for item in items:
        keys = [(term.text, term.locale) for term in item.terms]
        assert len(keys) == len(set(keys)), item.item_id
        for text, _ in keys:
            assert 0 < len(text) <= MAX_TERM_CHARS
            assert text == unicodedata.normalize("NFC", text).lower().strip()
            assert "_" not in text


def test_at_least_ten_locales_reach_a_thousand_items_each(items):
    by_locale = count_items(items).by_locale
    assert len([locale for locale, number in by_locale.items() if number >= 1000]) >= 10


@pytest.mark.parametrize(
    ("phrase", "answer"),
    [
        ("happy birthday", "🎂"),
        ("good night", "😴"),
        ("i love you", "😍"),
        ("lol", "😂"),
        ("thank you so much", "🙏"),
        ("fingers crossed", "🤞"),
        ("yes", "👍"),
    ],
)
def test_an_everyday_phrase_finds_a_sticker_and_a_clip(items, phrase, answer):
    assert answer in finds(items, phrase, media_type="sticker")
    assert finds(items, phrase, media_type="video")


@pytest.mark.parametrize(
    ("word", "locale"), [("geburtstag", "de"), ("anniversaire", "fr"), ("誕生日", "ja")]
)
def test_other_languages_find_the_birthday_cake(items, word, locale):
    assert "🎂" in finds(items, word, locale)


@pytest.mark.parametrize(("word", "media_type"), [("drum roll", "audio"), ("happy birthday", "image")])
def test_pictures_and_sounds_are_found_by_chat_words(items, word, media_type):
    assert finds(items, word, media_type=media_type)


def test_every_phrase_reaches_the_stickers(items):
    phrases = yaml.load(PHRASES_FILE.read_text("utf-8"), yaml.BaseLoader)
    ours = {term.text for item in items for term in item.terms if term.source == "gramoji"}
    assert len(phrases) >= 250
    assert set(phrases) - ours == set()


def test_cleaning_keeps_the_first_source_and_drops_what_is_too_long():
    terms = [
        Term("Big_Smile ", "en", "gramoji"),
        Term("big smile", "en", "emojilib"),
        Term("x" * 61, "en", "emojilib"),
    ]
    assert clean_terms(terms) == (Term("big smile", "en", "gramoji"),)
