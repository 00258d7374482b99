import copy
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import yaml

from ranking.candidates import Candidate
from ranking.novelty import Seen, update
from ranking.rank import RankedSlate, rank
from ranking.weights import RankingWeights
from rl.simulation.people import People, appeal, attractions, draw_people, drift
from rl.simulation.phrasebook import Phrasebook, read_phrasebook
from rl.simulation.town import Customs, Impression, Moment, Policy, Town, live, selections_per_impression

SHIPPED = RankingWeights(**yaml.safe_load((Path(__file__).parents[2] / "configs/ranking.yaml").read_text()))
CUSTOMS = Customs(num_people=10, impressions_per_day=20, limit=4)


def vectors(num: int, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(num, 16)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def people(num: int = 10) -> People:
    return draw_people(num, vectors(20), np.random.default_rng(0))


@pytest.fixture(scope="module")
def book() -> Phrasebook:
    """A few phrases of our own, to be quick; the real one is in a test of its own."""
    embeddings, found = vectors(24), []
    for phrase in range(3):
        kinds = [("sticker", "image", "video", "audio")[i % 4] for i in range(8)]
        found.append(
            tuple(
                Candidate(
                    f"item-{phrase}-{i}",
                    kinds[i],
                    "index",
                    1.0 - 0.1 * i,
                    embedding=embeddings[8 * phrase + i],
                )
                for i in range(8)
            )
        )
    return Phrasebook(("hi", "bye", "pizza"), vectors(3, 1), tuple(found))


def ranked_by(weights: RankingWeights) -> Policy:
    def policy(moment: Moment, rng: np.random.Generator) -> RankedSlate:
        return rank(
            moment.candidates, moment.taste, moment.seen, None, weights, moment.limit, moment.now_s, rng
        )

    return policy


def lived(book: Phrasebook, policy: Policy | None = None, num: int = 60, seed: int = 0) -> list[Impression]:
    return list(live(book, policy or ranked_by(SHIPPED), SHIPPED, CUSTOMS, num, seed))


def outline(impressions: list[Impression]) -> list[object]:
    return [
        (i.moment.user_id, i.moment.n_gram, [s.candidate.item_id for s in i.slate.items], i.selected_K)
        for i in impressions
    ]


def test_the_same_seed_gives_the_same_town(book: Phrasebook) -> None:
    assert outline(lived(book)) == outline(lived(book))
    assert outline(lived(book)) != outline(lived(book, seed=1))


def test_two_policies_meet_the_same_people_typing_the_same(book: Phrasebook) -> None:
    first, second = lived(book), lived(book, ranked_by(replace(SHIPPED, temperature=1.0)))
    assert [(i.moment.user_id, i.moment.n_gram) for i in first] == [
        (i.moment.user_id, i.moment.n_gram) for i in second
    ]
    assert outline(first) != outline(second)


def test_a_copy_of_a_town_lives_the_same_days(book: Phrasebook) -> None:
    town = Town(book, SHIPPED, CUSTOMS, seed=0)
    before = list(town.live(ranked_by(SHIPPED), 40))
    twin = copy.deepcopy(town)
    after = list(town.live(ranked_by(SHIPPED), 20))
    assert outline(list(twin.live(ranked_by(SHIPPED), 20))) == outline(after)
    assert outline(before + after) == outline(lived(book))


def test_what_people_pass_over_becomes_a_habit_and_tells_of_items(book: Phrasebook) -> None:
    last = lived(book, num=400)[-1].moment
    lifts = last.habits.lifts()
    assert min(lifts.values()) < 0.0 < max(lifts.values())
    assert min(each.lift for each in last.candidates) < 0.0 < max(each.lift for each in last.candidates)


def test_what_people_select_becomes_their_taste(book: Phrasebook) -> None:
    evidence: dict[str, float] = {}
    selections: dict[str, int] = {}
    for impression in lived(book, num=200):
        user_id = impression.moment.user_id
        evidence[user_id] = impression.moment.taste.evidence
        assert evidence[user_id] == pytest.approx(selections.get(user_id, 0), rel=0.3)
        selections[user_id] = selections.get(user_id, 0) + sum(impression.selected_K)
    assert max(evidence.values()) > 1.0


def test_what_three_people_chose_becomes_popular(book: Phrasebook) -> None:
    last = lived(book, num=400)[-1]
    assert max(each.popularity for each in last.moment.candidates) > 0.0


def test_draws_agree_with_the_known_truth(book: Phrasebook) -> None:
    impressions = lived(book, num=1500)
    drawn = np.mean([sum(each.selected_K) for each in impressions])
    assert drawn == pytest.approx(selections_per_impression(iter(impressions)), abs=0.06)


def test_the_best_matches_earn_more_than_the_worst(book: Phrasebook) -> None:
    def worst_first(moment: Moment, rng: np.random.Generator) -> RankedSlate:
        misfits = [replace(c, index_match=1.0 - (c.index_match or 0.0)) for c in moment.candidates]
        return by_match(replace(moment, candidates=tuple(misfits)), rng)

    by_match = ranked_by(replace(SHIPPED, user_preference=0.0, novelty=0.0))
    best, worst = (
        selections_per_impression(iter(lived(book, policy, num=300))) for policy in (by_match, worst_first)
    )
    assert best > 1.2 * worst


def test_attraction_rises_with_fit_and_falls_with_boredom() -> None:
    crowd, embedding = people(), vectors(1)[0]
    items = [Candidate("a", "sticker", "index", fit, embedding=embedding) for fit in (0.1, 0.9)]
    low, high = attractions(crowd, 0, items, Seen(), 0.0)
    bored = attractions(crowd, 0, items[1:], update(Seen(), ["a"], 0.0, 3600.0), 0.0)[0]
    assert 0.0 < low < high < 1.0
    assert bored < high


def test_people_like_what_is_near_their_topics() -> None:
    crowd = people()
    near = Candidate("a", "sticker", "index", 0.5, embedding=crowd.topics_PD[0])
    far = replace(near, embedding=-crowd.topics_PD[0])
    liked, disliked = attractions(crowd, 0, [near, far], Seen(), 0.0)
    assert liked > disliked


def test_an_item_is_as_appealing_to_everyone_and_always() -> None:
    drawn = [appeal(f"item-{i}") for i in range(4000)]
    assert drawn[:3] == [appeal(f"item-{i}") for i in range(3)]
    assert np.std(drawn) == pytest.approx(0.6, abs=0.03)
    assert np.mean(drawn) == pytest.approx(0.0, abs=0.05)


def test_tastes_drift_as_far_as_is_said() -> None:
    crowd = people(50)
    still = drift(crowd, vectors(20), 0.0, np.random.default_rng(1))
    moved = drift(crowd, vectors(20), 0.2, np.random.default_rng(1))
    far = drift(crowd, vectors(20), 0.6, np.random.default_rng(1))
    near_to_before = [(each.topics_PD * crowd.topics_PD).sum(axis=1).mean() for each in (still, moved, far)]
    assert near_to_before[0] == pytest.approx(1.0)
    assert near_to_before[0] > near_to_before[1] > near_to_before[2]
    assert np.linalg.norm(moved.topics_PD, axis=1) == pytest.approx(np.ones(50), abs=1e-5)


@pytest.mark.slow
def test_the_real_phrasebook_finds_the_catalogues_media() -> None:
    book = read_phrasebook(12)
    assert all(len(found) >= 8 for found in book.found)
    assert max(each.index_match or 0.0 for each in book.found[0]) == 1.0
    impressions = list(islice(live(book, ranked_by(SHIPPED), SHIPPED, Customs(), 50, 0), 50))
    assert 0.0 < selections_per_impression(iter(impressions)) < 2.0
    assert {len(each.slate.items) for each in impressions} == {8}
