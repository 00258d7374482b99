"""Shards that survey together answer as one index of everything does; vectors are made from the text's SHA-256."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.items import Term
from ranking.index import HybridIndex, IndexEntry, IndexMatch, IndexQuery, best_matches
from ranking.survey import merge
from tests.ranking.test_index_properties import DIMENSION, add, ask

WORDS = [
    "cat",
    "cats and dogs",
    "good cat",
    "coat",
    "cart",
    "good night",
    "night",
    "nights out",
    "goose",
    "the night",
]
TYPED = [
    "cta",
    "caat",
    "good",
    "goo",
    "ca",
    "good cat",
    "the cat",
    "night cat",
    "nigth",
    "gose night",
    "coart",
    "x",
]
NUM_SHARDS = 3

terms = st.builds(Term, st.sampled_from(WORDS), st.sampled_from(["en", "fr"]), st.just("upload"))
placed = st.lists(
    st.tuples(
        st.integers(0, NUM_SHARDS - 1),
        st.sampled_from(["sticker", "audio"]),
        st.sampled_from(WORDS),
        st.lists(terms, max_size=3, unique=True).map(tuple),
        st.sampled_from([None, None, "ann"]),
    ),
    max_size=24,
)


def ask_shards(shards: list[HybridIndex], query: IndexQuery) -> list[IndexMatch]:
    of_all = merge(shard.survey(query) for shard in shards)
    return best_matches([match for shard in shards for match in shard.search(query, of_all)], query)


def split(entries: list[tuple[int, IndexEntry]]) -> tuple[HybridIndex, list[HybridIndex]]:
    whole, shards = HybridIndex(DIMENSION), [HybridIndex(DIMENSION) for _ in range(NUM_SHARDS)]
    for number, entry in entries:
        add(whole, [entry])
        add(shards[number], [entry])
    return whole, shards


# A word that mends another, and is in a second shard in another language alone.
IN_ANOTHER_LANGUAGE = [
    (0, "sticker", "goose", (Term("goose", "en", "upload"), Term("night", "en", "upload")), None),
    (1, "sticker", "coat", (Term("goose", "fr", "upload"),), None),
    (1, "sticker", "cart", (Term("goose", "fr", "upload"),), None),
    (2, "sticker", "night", (Term("night", "en", "upload"),), None),
]


@settings(deadline=None)
@example(IN_ANOTHER_LANGUAGE, "gose night", None, 6)
@given(placed, st.sampled_from(TYPED + WORDS), st.sampled_from([None, "ann"]), st.integers(1, 6))
def test_shards_that_survey_together_answer_as_one_index_does(
    entries: list[tuple[int, str, str, tuple[Term, ...], str | None]],
    n_gram: str,
    user_id: str | None,
    limit: int,
) -> None:
    """So few hits are looked at that most items are beyond them, in the shards and in one index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ranking.vectors.MAX_ITEM_HITS", 3)
        patch.setattr("ranking.vectors.MAX_TERM_HITS", 2)
        whole, shards = split(
            [
                (shard, IndexEntry(f"item-{n}", kind, alt_text, said, "g", owner))  # type: ignore[arg-type]
                for n, (shard, kind, alt_text, said, owner) in enumerate(entries)
            ]
        )
        query = IndexQuery(n_gram, ask(n_gram).vector, limit=limit, user_id=user_id)
        found, expected = ask_shards(shards, query), whole.search(query)
    assert [(m.item_id, m.method, m.matched) for m in found] == [
        (m.item_id, m.method, m.matched) for m in expected
    ]
    assert np.allclose([m.index_match for m in found], [m.index_match for m in expected], atol=1e-6)


def test_each_shard_alone_would_mend_a_typo_otherwise_than_all_together() -> None:
    words = ["coat", "coat", "cart", "cart", "cart"]
    named = [
        IndexEntry(f"item-{n}", "sticker", word, (Term(word, "en", "upload"),))
        for n, word in enumerate(words)
    ]
    whole, shards = split([(number // 3, entry) for number, entry in enumerate(named)])
    query = IndexQuery("coart", None)
    assert {match.matched for match in shards[0].search(query)} == {"coat"}
    for found in (ask_shards(shards, query), whole.search(query)):
        assert [(match.matched, match.method) for match in found] == [("cart", "typo")] * 3
