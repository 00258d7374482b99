import threading
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from catalog.items import Term
from ranking.index import HybridIndex, IndexEntry, IndexQuery, index_texts
from ranking.index_files import ABOUT, read_index, write_index
from ranking.nearest import NearestVectors

DIMENSION = 16
FLAT_AT_MOST = 64


def unit_vectors(count: int, seed: int) -> NDArray[np.float32]:
    vectors_ND = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors_ND / np.linalg.norm(vectors_ND, axis=1, keepdims=True)


def nearest_of(
    held: dict[int, NDArray[np.float32]], query_D: NDArray[np.float32], count: int
) -> list[float]:
    return sorted((float(vector @ query_D) for vector in held.values()), reverse=True)[:count]


def test_few_vectors_are_compared_one_by_one_and_many_in_cells() -> None:
    index = NearestVectors(DIMENSION, FLAT_AT_MOST)
    vectors_ND = unit_vectors(FLAT_AT_MOST + 1, 0)
    index.add(range(FLAT_AT_MOST), vectors_ND[:-1])
    index.settle()
    assert index.is_exact
    index.add([FLAT_AT_MOST], vectors_ND[-1:])
    index.settle()
    assert not index.is_exact
    assert index.search(vectors_ND[-1], 1)[0].tolist() == [FLAT_AT_MOST]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 299)), max_size=60), st.integers(0, 9))
def test_cells_answer_as_exact_search_does_whatever_was_added_and_removed_meanwhile(
    changes: list[tuple[bool, int]], seed: int
) -> None:
    """So small an index has fewer cells than a search looks at, so that all of them are compared."""
    vectors_ND, fresh_ND = unit_vectors(300, seed), unit_vectors(300, seed + 100)
    held = dict(enumerate(vectors_ND[:200]))
    index = NearestVectors(DIMENSION, FLAT_AT_MOST)
    index.add(held, held.values())
    for is_added, key in changes:  # the first searches start the building of cells, which goes on meanwhile
        index.search(vectors_ND[key], 3)
        if is_added and key not in held:
            held[key] = fresh_ND[key]
            index.add([key], [held[key]])
        elif not is_added and key in held:
            del held[key]
            index.remove([key])
    for settled in (False, True):
        if settled:
            index.settle()
            assert not index.is_exact
        assert len(index) == len(held)
        for query_D in fresh_ND[:5]:
            ids_K, cosines_K = index.search(query_D, 10)
            assert set(ids_K.tolist()) <= held.keys()
            assert np.allclose(cosines_K, nearest_of(held, query_D, 10), atol=2e-3)  # half precision


def test_searches_go_on_while_cells_are_built_and_others_add_and_remove() -> None:
    vectors_ND = unit_vectors(2000, 3)
    index = NearestVectors(DIMENSION, FLAT_AT_MOST)
    index.add(range(1000), vectors_ND[:1000])

    def change() -> None:
        for key in range(1000, 2000):
            index.add([key], [vectors_ND[key]])
            index.remove([key - 1000])

    changing = threading.Thread(target=change)
    changing.start()
    while changing.is_alive():
        assert len(index.search(vectors_ND[1500], 5)[0])
    changing.join()
    index.settle()
    assert len(index) == 1000
    assert all(index.search(vectors_ND[key], 1)[0][0] == key for key in range(1000, 2000, 50))


entries = st.builds(
    IndexEntry,
    item_id=st.sampled_from([f"item-{n}" for n in range(30)]),
    media_type=st.sampled_from(["sticker", "audio"]),
    alt_text=st.sampled_from(["cat", "birthday", "love", "tea", "night sky"]),
    terms=st.lists(
        st.sampled_from(
            [Term("cat", "en", "upload"), Term("tea", "en", "upload"), Term("кот", "ru", "upload")]
        ),
        max_size=2,
        unique=True,
    ).map(tuple),
    rating=st.sampled_from(["g", "pg", "r"]),
    owner_id=st.sampled_from([None, "ann", "bob"]),
)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(entries, min_size=5, max_size=30, unique_by=lambda entry: entry.item_id),
    st.sampled_from(["cat", "tea", "night", "кот", "birthda", "purple"]),
    st.sampled_from([None, "ann"]),
    st.sampled_from(["g", "pg", "r"]),
)
def test_a_large_index_judges_few_rows_and_finds_what_judging_all_finds(
    added: list[IndexEntry], n_gram: str, user_id: str | None, max_rating: str
) -> None:
    texts = list(dict.fromkeys(["cat", n_gram, *(text for entry in added for text in index_texts(entry))]))
    vectors = dict(zip(texts, unit_vectors(len(texts), 1), strict=True))
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ranking.vectors.MAX_ITEM_HITS", 3)
        patch.setattr("ranking.vectors.MAX_TERM_HITS", 2)
        for judge_all_at_most in (0, 1000):
            index = HybridIndex(DIMENSION, judge_all_at_most=judge_all_at_most)
            index.add(added, vectors)
            query = IndexQuery(n_gram, vectors[n_gram], limit=3, user_id=user_id, max_rating=max_rating)
            found.append(index.search(query))
    few, every = found
    assert np.allclose([m.index_match for m in few], [m.index_match for m in every])
    by_id = {entry.item_id: entry for entry in added}
    for match in few:
        assert by_id[match.item_id].owner_id in (None, user_id)
        assert ("g", "pg", "r").index(by_id[match.item_id].rating) <= ("g", "pg", "r").index(max_rating)
        assert match.media_type == by_id[match.item_id].media_type


@pytest.mark.parametrize("flat_at_most", [16, 1000])
def test_an_index_that_was_written_and_read_answers_and_changes_as_before(
    flat_at_most: int, tmp_path: Path
) -> None:
    def entry(number: int) -> IndexEntry:
        owner_id = "ann" if number % 5 == 0 else None
        terms = (
            Term(f"word{number}", "en", "upload"),
            Term("кот", "ru", "upload"),
            Term("cat", "en", "upload"),
        )
        return IndexEntry(f"item-{number}", "sticker", f"label {number}", terms, "pg", owner_id)

    every = [entry(number) for number in range(150)]
    texts = list(dict.fromkeys(["wrod99", *(text for each in every for text in index_texts(each))]))
    vectors = dict(zip(texts, unit_vectors(len(texts), 1), strict=True))
    index = HybridIndex(DIMENSION, flat_at_most=flat_at_most)
    index.add(every[:120], vectors)
    index.remove([f"item-{number}" for number in range(0, 40, 2)])
    write_index(index, tmp_path)
    assert len(list(tmp_path.glob("*.faiss"))) == (4 if flat_at_most == 16 else 0)
    read = read_index(tmp_path)
    for changed in (index, read):
        changed.remove(["item-1", "item-70", "item-95"])
        changed.add(every[120:], vectors)
    assert len(read) == len(index) == 127
    for user_id, n_gram in product((None, "ann"), ("cat", "word71", "word12", "wrod99", "кот")):
        query = IndexQuery(n_gram, vectors.get(n_gram, vectors["cat"]), ("sticker",), 200, user_id)
        found, expected = read.search(query), index.search(query)
        scores = {match.item_id: match.index_match for match in expected}
        assert {match.item_id for match in found} == scores.keys()
        assert [m.index_match for m in found] == pytest.approx([scores[m.item_id] for m in found], abs=2e-3)


def test_an_index_of_another_format_is_not_read(tmp_path: Path) -> None:
    write_index(HybridIndex(DIMENSION), tmp_path)
    assert len(read_index(tmp_path)) == 0
    about = tmp_path / ABOUT
    about.write_text(about.read_text().replace('"format": 1', '"format": 0'))
    with pytest.raises(ValueError, match="format 0"):
        read_index(tmp_path)
