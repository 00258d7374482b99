"""Properties that hold for any entries and any text; vectors are made from the text's SHA-256."""

import hashlib
from collections.abc import Iterable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from catalog.items import Term
from ranking.fusion import fuse
from ranking.index import HybridIndex, IndexEntry, IndexQuery, index_texts
from ranking.ngrams import normalise

DIMENSION = 16
WORDS = [
    "cat",
    "happy birthday",
    "birthday",
    "love",
    "the",
    "so tired",
    "猫",
    "ねこ",
    "кот",
    "café",
    ":)",
    "❤",
    "chat noir",
]
IDS = [f"item-{n}" for n in range(6)]

texts = st.sampled_from(WORDS) | st.text(max_size=12)
terms = st.lists(st.builds(Term, texts, st.sampled_from(["en", "ja", "fr"]), st.just("upload")), max_size=4)
entries = st.builds(
    IndexEntry,
    item_id=st.sampled_from(IDS),
    media_type=st.sampled_from(["sticker", "image", "audio"]),
    alt_text=st.sampled_from(WORDS),
    terms=terms.map(tuple),
    rating=st.sampled_from(["g", "pg", "r"]),
    owner_id=st.sampled_from([None, "ann", "bob"]),
)
typed = st.sampled_from([*WORDS, "birthd", "brithday", "the cat", "soo tired", "猫ねこ"]) | st.text(
    max_size=30
)
unit = st.floats(0.0, 1.0)


def vector(text: str) -> NDArray[np.float32]:
    bits_D = np.frombuffer(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), np.int8)[
        :DIMENSION
    ]
    values_D = bits_D.astype(np.float32) + 0.5
    return values_D / np.linalg.norm(values_D)


def add(index: HybridIndex, added: Iterable[IndexEntry]) -> None:
    for entry in added:
        index.add([entry], {text: vector(text) for text in index_texts(entry)})


def ask(n_gram: str, user_id: str | None = None) -> IndexQuery:
    return IndexQuery(n_gram, vector(n_gram), limit=100, user_id=user_id, max_rating="r")


@settings(deadline=None)
@given(st.lists(entries, max_size=8, unique_by=lambda entry: entry.item_id), typed)
def test_a_match_is_1_exactly_where_a_term_is_the_whole_n_gram(
    added: list[IndexEntry], n_gram: str
) -> None:
    index = HybridIndex(DIMENSION)
    add(index, added)
    found = {match.item_id: match.index_match for match in index.search(ask(n_gram, "ann"))}
    assert all(0.0 < match <= 1.0 for match in found.values())
    whole = normalise(n_gram)
    expected = {
        entry.item_id
        for entry in added
        if entry.owner_id in (None, "ann") and whole
        if any(normalise(term.text) == whole and term.locale == "en" for term in entry.terms)
    }
    assert {item_id for item_id, match in found.items() if match == 1.0} == expected


@settings(deadline=None)
@given(st.lists(entries | st.sampled_from(IDS), max_size=20), typed)
def test_searches_see_exactly_what_is_there_after_any_adds_and_removes(
    changes: list[IndexEntry | str], n_gram: str
) -> None:
    index, there = HybridIndex(DIMENSION), dict[str, IndexEntry]()
    for change in changes:
        if isinstance(change, str):
            index.remove([change])
            there.pop(change, None)
        else:
            add(index, [change])
            there[change.item_id] = change
    fresh = HybridIndex(DIMENSION)
    add(fresh, there.values())
    assert len(index) == len(there)
    for user_id in (None, "ann"):
        found = index.search(ask(n_gram, user_id))
        assert {match.item_id for match in found} <= {
            i for i, e in there.items() if e.owner_id in (None, user_id)
        }
        expected = fresh.search(ask(n_gram, user_id))
        assert [match.item_id for match in found] == [match.item_id for match in expected]
        assert np.allclose([m.index_match for m in found], [m.index_match for m in expected], atol=1e-6)


@given(st.lists(unit, min_size=4, max_size=4), st.integers(0, 3), unit)
def test_more_evidence_never_lowers_a_match(evidence: list[float], which: int, more: float) -> None:
    raised = list(evidence)
    raised[which] = max(raised[which], more)
    low, high = (
        float(fuse(*(np.array([value]) for value in each)).index_match[0]) for each in (evidence, raised)
    )
    assert 0.0 <= low <= high <= 1.0
    assert (high == 1.0) == (raised[0] == 1.0)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_added_and_searched(text: str) -> None:
    index = HybridIndex(DIMENSION)
    add(index, [IndexEntry("item", "sticker", text, (Term(text, "en", "upload"),))])
    found = index.search(ask(text))
    assert [match.index_match for match in found] == ([1.0] if normalise(text) else [])
    index.remove(["item"])
    assert index.search(ask(text)) == []
