import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.items import MediaType
from ranking.candidates import Candidate
from ranking.novelty import Seen
from ranking.novelty import update as show
from ranking.rank import RankedSlate, rank
from ranking.taste import Taste, update
from ranking.weights import RankingWeights
from tests.ranking import strategies as s


def ranked(
    candidates: list[Candidate],
    weights: RankingWeights = s.SHIPPED,
    limit: int = 8,
    seed: int = 0,
    taste: Taste | None = None,
    seen: Seen | None = None,
    composition: str | None = None,
) -> RankedSlate:
    rng = np.random.default_rng(seed)
    return rank(candidates, taste or Taste(), seen or Seen(), None, weights, limit, 0.0, rng, composition)


def ids(slate: RankedSlate) -> list[str]:
    return [item.candidate.item_id for item in slate.items]


def match(item_id: str, index_match: float, media_type: MediaType = "image") -> Candidate:
    return Candidate(item_id, media_type, "index", index_match)


@given(s.candidate_lists, s.weights, st.integers(1, 8), s.seeds)
def test_a_slate_is_short_distinct_and_scored_and_the_log_is_whole(
    candidates: list[Candidate], weights: RankingWeights, limit: int, seed: int
) -> None:
    slate = ranked(candidates, weights, limit, seed)
    unique = [each for each in slate.considered if each.duplicate_of is None]
    assert len(ids(slate)) == len(set(ids(slate))) == min(limit, len(unique))
    assert [item.position for item in slate.items] == list(range(len(slate.items)))
    assert all(0.0 <= item.propensity <= 1.0 + 1e-12 for item in slate.items)
    assert {each.candidate.item_id for each in slate.considered} == {each.item_id for each in candidates}
    totals = [each.scores.total for each in slate.considered]
    assert totals == sorted(totals, reverse=True)


@given(s.candidate_lists, st.randoms(), s.seeds)
def test_the_order_in_which_candidates_come_does_not_matter(
    candidates: list[Candidate], random: object, seed: int
) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ranked(candidates, seed=seed) == ranked(shuffled, seed=seed)


@given(s.candidate_lists, s.seeds, s.seeds)
def test_at_temperature_0_chance_has_no_say(candidates: list[Candidate], first: int, second: int) -> None:
    assert ranked(candidates, s.GREEDY, seed=first) == ranked(candidates, s.GREEDY, seed=second)


def test_the_best_match_comes_first_at_temperature_0() -> None:
    slate = ranked([match("a", 0.2), match("b", 0.9), match("c", 0.5)], s.GREEDY)
    assert ids(slate) == ["b", "c", "a"]


def test_the_logged_propensities_are_the_frequencies() -> None:
    candidates = [match("a", 0.50), match("b", 0.55, "audio"), match("c", 0.45)]
    draws = 3_000
    weights = replace(s.SHIPPED, temperature=0.1)
    slates = [ranked(candidates, weights, limit=2, seed=seed) for seed in range(draws)]
    counts = Counter(tuple(ids(slate)) for slate in slates)
    expected = {tuple(ids(slate)): math.prod(item.propensity for item in slate.items) for slate in slates}
    assert sum(expected.values()) == pytest.approx(1.0)  # all six orders of two came
    chi_square = sum((counts[key] - draws * p) ** 2 / (draws * p) for key, p in expected.items())
    assert chi_square < 20.5  # p = 0.001 with 5 degrees of freedom


def test_a_found_and_a_generated_item_of_equal_worth_share_the_first_place() -> None:
    weights = replace(s.SHIPPED, index_trust=1.0, gme_trust=1.0)
    found = Candidate("a", "sticker", "index", index_match=0.8)
    made = Candidate("b", "sticker", "generated", gme_relevance=0.8)
    slate = ranked([found, made], weights)
    assert slate.items[0].propensity == pytest.approx(0.5)
    assert {item.scores.total for item in slate.items} == {slate.items[0].scores.total}


def test_several_types_are_shown_though_one_matches_somewhat_better() -> None:
    types: list[MediaType] = ["image", "video", "audio"]
    stickers = [match(f"s{i}", 0.9 - 0.01 * i, "sticker") for i in range(10)]
    others = [match(f"o{i}", 0.7, types[i % 3]) for i in range(3)]
    shown = Counter(item.candidate.media_type for item in ranked(stickers + others, s.GREEDY).items)
    assert shown == {"sticker": 5, "image": 1, "video": 1, "audio": 1}


def test_variety_never_outweighs_sense() -> None:
    stickers = [match(f"s{i}", 0.95, "sticker") for i in range(8)]
    unrelated = [match("x", 0.0, "audio")]
    assert "x" not in ids(ranked(stickers + unrelated, s.GREEDY))


def test_near_duplicates_are_logged_but_not_shown() -> None:
    candidates = [replace(match("a", 0.9), label="🎂"), replace(match("b", 0.8), label="🎂")]
    slate = ranked(candidates)
    assert ids(slate) == ["a"]
    assert [each.duplicate_of for each in slate.considered] == [None, "a"]


def test_what_the_user_selects_moves_up_and_what_they_have_seen_moves_down() -> None:
    candidates = [match("a", 0.5), match("b", 0.5, "sticker")]
    taste = update(Taste(), None, "sticker", "index", 0.0, 1.0)
    assert ids(ranked(candidates, s.GREEDY)) == ["a", "b"]
    assert ids(ranked(candidates, s.GREEDY, taste=taste)) == ["b", "a"]
    seen = show(Seen(), ["a"], 0.0, 1.0, composition="m1")
    assert ids(ranked(candidates, s.GREEDY, seen=seen)) == ["b", "a"]
    assert ids(ranked(candidates, s.GREEDY, seen=seen, composition="m1")) == ["a", "b"]


def test_items_that_arrive_later_do_not_reshuffle_the_row() -> None:
    weights = replace(s.SHIPPED, diversity=0.0)
    early = [match(f"a{i}", 0.5) for i in range(6)]
    before = ids(ranked(early, weights, limit=7, seed=5))
    after = ids(
        ranked([*early, Candidate("new", "sticker", "generated", gme_relevance=0.6)], weights, 7, 5)
    )
    assert [item_id for item_id in after if item_id != "new"] == before


def test_one_item_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="item_id a comes twice"):
        ranked([match("a", 0.5), match("a", 0.6)])


def test_nothing_comes_of_nothing() -> None:
    assert ranked([]) == RankedSlate((), ())
