from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from catalog.items import MediaType, Term
from models.text import TextEncoder
from ranking.index import HybridIndex, IndexEntry, IndexMatch, IndexQuery, index_texts

TERMS = {
    "cake": {
        "en": ["birthday cake", "birthday", "happy birthday", "celebration"],
        "de": ["geburtstag"],
        "ja": ["誕生日"],
    },
    "popper": {
        "en": ["party popper", "birthday", "party", "congratulations", "tada"],
        "de": ["party"],
        "ja": ["おめでとう"],
    },
    "cat": {"en": ["cat", "kitty", "pet"], "de": ["katze"], "th": ["แมว"], "fr": ["chat"]},
    "dog": {"en": ["dog", "puppy", "pet"], "de": ["hund"], "ko": ["강아지"], "fr": ["chien"]},
    "coffee": {"en": ["coffee", "hot beverage", "morning"], "de": ["kaffee"]},
    "tired": {"en": ["tired face", "tired", "exhausted"], "de": ["müde"]},
    "heart": {"en": ["red heart", "love", "<3", "❤"], "de": ["liebe"]},
    "end": {"en": ["the end", "the"]},
}


def entry(item_id: str, media_type: MediaType = "sticker", **changes: str | None) -> IndexEntry:
    words = TERMS[item_id.split("-")[0]]
    terms = tuple(Term(text, locale, "emojibase") for locale, texts in words.items() for text in texts)
    return IndexEntry(item_id, media_type, words["en"][0], terms, **changes)  # type: ignore[arg-type]


class Encoder:
    """The real encoder, which remembers what it has encoded."""

    def __init__(self) -> None:
        self.encoder = TextEncoder()
        self.vectors: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        new = [text for text in texts if text not in self.vectors]
        if new:
            self.vectors.update(zip(new, self.encoder.encode(new), strict=True))
        return self.vectors

    def index(self, *entries: IndexEntry) -> HybridIndex:
        index = HybridIndex()
        index.add(entries, self([text for each in entries for text in index_texts(each)]))
        return index

    def search(self, index: HybridIndex, n_gram: str, **changes: object) -> list[IndexMatch]:
        return index.search(IndexQuery(n_gram, self([n_gram])[n_gram], **changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="module")
def index(encoder: Encoder) -> HybridIndex:
    return encoder.index(*(entry(name) for name in TERMS))


@pytest.mark.parametrize(
    ("typed", "item_id"),
    [
        ("congrat", "popper"),
        ("so much cele", "cake"),
        ("exhuasted today", "tired"),
        ("coffe please", "coffee"),
        ("sooo tiiired", "tired"),
        ("i need a coffee", "coffee"),
        ("feline", "cat"),
        ("sending my love ❤️", "heart"),
    ],
)
def test_the_right_item_comes_first(encoder: Encoder, index: HybridIndex, typed: str, item_id: str) -> None:
    assert encoder.search(index, typed)[0].item_id == item_id


@pytest.mark.parametrize(
    ("typed", "matched", "method"),
    [
        ("Happy Birthday!", "happy birthday", "exact"),
        ("KITTIES", "kitty", "exact"),
        ("❤️", "❤", "exact"),
        ("<3", "<3", "exact"),
        ("exhauste", "exhausted", "prefix"),
        ("exhuasted", "exhausted", "typo"),
        ("tiiired", "tired", "typo"),
        ("espresso", "coffee", "semantic"),
    ],
)
def test_a_match_says_how_it_was_found(
    encoder: Encoder, index: HybridIndex, typed: str, matched: str, method: str
) -> None:
    best = encoder.search(index, typed)[0]
    assert (best.matched, best.method) == (matched, method)


def test_shared_words_are_lexical_evidence() -> None:
    index = HybridIndex()
    index.add([entry("heart")], dict.fromkeys(index_texts(entry("heart")), np.zeros(384, dtype=np.float32)))
    found = index.search(IndexQuery("red rose", None))
    assert [(match.item_id, match.method) for match in found] == [("heart", "lexical")]


def test_only_the_whole_n_gram_matches_fully(encoder: Encoder, index: HybridIndex) -> None:
    assert encoder.search(index, "tired")[0].index_match == 1.0
    for typed in ("so tired", "tire", "tierd", "tired of this", "worn out"):
        assert encoder.search(index, typed)[0].index_match < 1.0, typed


def test_exact_items_are_ordered_by_meaning(encoder: Encoder, index: HybridIndex) -> None:
    found = encoder.search(index, "birthday")
    assert [(match.item_id, match.index_match) for match in found[:2]] == [("cake", 1.0), ("popper", 1.0)]


def test_a_transposition_is_one_typo_and_two_typos_are_not_forgiven(
    encoder: Encoder, index: HybridIndex
) -> None:
    assert encoder.search(index, "brithday")[0].matched == "birthday"
    assert all(match.method != "typo" for match in encoder.search(index, "brihtdya"))


def test_a_longer_gram_beats_a_shorter_one(encoder: Encoder, index: HybridIndex) -> None:
    assert encoder.search(index, "it is a birthday cake")[0].matched == "birthday cake"


def test_a_stop_word_alone_does_not_match_strongly(encoder: Encoder, index: HybridIndex) -> None:
    found = {match.item_id: match.index_match for match in encoder.search(index, "the dog")}
    assert found["end"] < 0.5 < 0.9 < found["dog"]


@pytest.mark.parametrize(
    ("typed", "locale", "item_id"),
    [
        ("Geburtstag", "de-AT", "cake"),
        ("誕生日", "ja", "cake"),
        ("誕生日おめでとう", "ja", "popper"),
        ("แมวน่ารัก", "th", "cat"),
        ("강아지가", "ko", "dog"),
        ("MÜDE", "de", "tired"),
    ],
)
def test_other_languages_are_found(
    encoder: Encoder, index: HybridIndex, typed: str, locale: str, item_id: str
) -> None:
    assert encoder.search(index, typed, locale=locale)[0].item_id == item_id


def test_terms_of_a_language_not_asked_for_count_slightly_less(
    encoder: Encoder, index: HybridIndex
) -> None:
    asked, other = (encoder.search(index, "katze", locale=locale)[0] for locale in ("de", "fr"))
    assert asked.item_id == other.item_id == "cat"
    assert asked.index_match == 1.0 > other.index_match > 0.8


def test_nothing_typed_finds_nothing(encoder: Encoder, index: HybridIndex) -> None:
    for typed in ("", "  ", "\u200b\u0000"):
        assert encoder.search(index, typed) == []


def test_without_a_vector_words_are_still_found(index: HybridIndex) -> None:
    assert index.search(IndexQuery("my kitty", None))[0].item_id == "cat"


def test_symbols_that_the_encoder_cannot_read_match_nothing_by_meaning(
    encoder: Encoder, index: HybridIndex
) -> None:
    assert encoder.search(index, "🪗🪗") == []


def test_each_media_type_has_its_own_limit(encoder: Encoder) -> None:
    index = encoder.index(
        *(entry(f"cat-{n}") for n in range(20)),
        entry("dog", "audio"),
        entry("coffee", "video"),
        entry("cake", "image"),
    )
    found = encoder.search(index, "cat", limit=3)
    assert [match.item_id for match in found[:3]] == ["cat-0", "cat-1", "cat-10"]
    assert sorted(match.media_type for match in found[3:]) == ["audio", "image", "video"]
    only = encoder.search(index, "cat", media_types=("audio", "image"))
    assert {match.media_type for match in only} == {"audio", "image"}


def test_items_above_the_asked_rating_stay_away(encoder: Encoder) -> None:
    index = encoder.index(*(entry(f"cat-{rating}", rating=rating) for rating in ("g", "pg", "pg-13", "r")))
    for allowed, rating in enumerate(("g", "pg", "pg-13", "r"), start=1):
        assert len(encoder.search(index, "cat", max_rating=rating)) == allowed


def test_owned_items_are_found_by_their_owner_alone(encoder: Encoder) -> None:
    index = encoder.index(entry("cat"), entry("cat-ann", owner_id="ann"), entry("cat-bob", owner_id="bob"))
    found = {
        user: {m.item_id for m in encoder.search(index, "cat", user_id=user)}
        for user in (None, "ann", "bob")
    }
    assert found == {None: {"cat"}, "ann": {"cat", "cat-ann"}, "bob": {"cat", "cat-bob"}}


def test_what_others_own_changes_nothing_for_a_user(encoder: Encoder) -> None:
    alone = encoder.index(entry("cat"), entry("dog"))
    beside = encoder.index(entry("cat"), entry("dog"), entry("end", owner_id="x"))
    for typed in ("cat", "the pet", "teh", "puppie"):
        assert encoder.search(alone, typed, user_id="y") == encoder.search(beside, typed, user_id="y")


def test_a_removed_item_is_gone_and_its_shared_terms_stay(encoder: Encoder) -> None:
    index = encoder.index(entry("cat"), entry("dog"))
    index.remove(["cat", "never there"])
    assert "cat" not in index
    assert len(index) == 1
    assert [match.item_id for match in encoder.search(index, "pet")] == ["dog"]
    index.remove(["dog"])
    assert encoder.search(index, "pet") == []


def test_adding_an_id_again_replaces_the_entry(encoder: Encoder) -> None:
    index = encoder.index(entry("cat"))
    new = IndexEntry("cat", "image", "lion", (Term("lion", "en", "upload"),), "g", "ann")
    index.add([new], encoder(index_texts(new)))
    assert len(index) == 1
    assert encoder.search(index, "cat") == []
    assert encoder.search(index, "lion", user_id="ann")[0].media_type == "image"


def test_searches_beside_adds_and_removes_see_whole_entries(encoder: Encoder) -> None:
    index = encoder.index(entry("cat"), entry("dog"))
    vectors, pet = encoder(index_texts(entry("cat"))), IndexQuery("pet", encoder(["pet"])["pet"])

    def change() -> None:
        for _ in range(200):
            index.remove(["cat"])
            index.add([entry("cat")], vectors)

    with ThreadPoolExecutor() as pool:
        changing = pool.submit(change)
        while not changing.done():
            assert [(m.item_id, m.index_match) for m in index.search(pet)] in (
                [("cat", 1.0), ("dog", 1.0)],
                [("dog", 1.0), ("cat", 1.0)],
                [("dog", 1.0)],
            )
        changing.result()


def test_a_missing_or_misshapen_vector_is_named_and_nothing_is_added(encoder: Encoder) -> None:
    index = HybridIndex()
    with pytest.raises(ValueError, match="'cat: kitty, pet'"):
        index.add([entry("cat")], {})
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        index.add([entry("cat")], dict.fromkeys(index_texts(entry("cat")), np.zeros(3, dtype=np.float32)))
    assert len(index) == 0


def test_bad_ratings_and_limits_are_named() -> None:
    with pytest.raises(ValueError, match="rating is 'x'"):
        entry("cat", rating="x")
    with pytest.raises(ValueError, match="max_rating is 'x'"):
        IndexQuery("cat", None, max_rating="x")
    with pytest.raises(ValueError, match="limit is 0"):
        IndexQuery("cat", None, limit=0)
