"""Simulated people: what they like, which no policy is told.

P: people, M: media types, D: dimension of an embedding, T: topics, N: items.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from catalog.items import MediaType
from ranking.candidates import Candidate
from ranking.novelty import Seen, novelty
from rl.ope.slates import Floats

MEDIA_TYPES: tuple[MediaType, ...] = get_args(MediaType)
TOPICS_EACH = 3
BORED_FOR_S = 6 * 3600.0  # until a showing bores half as much
APPEAL = 0.6  # spread of the items' own appeal


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The hidden tastes of everyone, as terms of the logit of attraction."""

    baseline_P: Floats
    relevance_P: Floats
    types_PM: Floats
    generated_P: Floats
    novelty_P: Floats
    topic_weight_P: Floats
    topics_PD: NDArray[np.float32]  # unit length

    def __len__(self) -> int:
        return len(self.baseline_P)


def draw_people(num: int, topics_TD: NDArray[np.float32], rng: np.random.Generator) -> People:
    """People of all sorts; each likes a blend of a few of the topics, which are unit vectors such as of media."""
    chosen_PX = rng.integers(len(topics_TD), size=(num, TOPICS_EACH))
    return People(
        baseline_P=rng.normal(-6.0, 0.5, num),
        relevance_P=rng.uniform(2.0, 4.0, num),
        types_PM=rng.normal(0.0, 0.8, (num, len(MEDIA_TYPES))),
        generated_P=rng.normal(0.0, 0.6, num),
        novelty_P=rng.uniform(0.0, 1.0, num),
        topic_weight_P=rng.uniform(1.0, 4.0, num),
        topics_PD=_unit(topics_TD[chosen_PX].mean(axis=1)),
    )


def drift(
    people: People, topics_TD: NDArray[np.float32], amount: float, rng: np.random.Generator
) -> People:
    """The same people later: their topics have moved by `amount` towards another, their types a little."""
    towards_PD = topics_TD[rng.integers(len(topics_TD), size=len(people))]
    kept = np.sqrt(1.0 - amount**2)  # so that the spread of the types stays what it was
    return replace(
        people,
        topics_PD=_unit((1.0 - amount) * people.topics_PD + amount * towards_PD),
        types_PM=kept * people.types_PM + amount * rng.normal(0.0, 0.8, people.types_PM.shape),
    )


def attractions(
    people: People, person: int, items: Sequence[Candidate], seen: Seen, now_s: float
) -> Floats:
    """The probability [N] that the person selects each item when looking at it.

    σ(baseline + relevance·fit + type + generated? + topic·cosine - boredom + the item's own appeal): what the ranking
    sees of this is the fit, the type, the source, the embedding and what was shown; the rest it must learn.
    """
    fits_N = np.array(
        [1.0 - (1.0 - (i.index_match or 0.0)) * (1.0 - (i.gme_relevance or 0.0)) for i in items]
    )
    types_N = people.types_PM[person, [MEDIA_TYPES.index(item.media_type) for item in items]]
    made_N = np.array([item.source == "generated" for item in items])
    topic_D = people.topics_PD[person]
    cosines_N = np.array([0.0 if i.embedding is None else float(i.embedding @ topic_D) for i in items])
    bored_N = np.array([1.0 - novelty(seen, item.item_id, now_s, BORED_FOR_S) for item in items])
    logits_N = (
        people.baseline_P[person]
        + people.relevance_P[person] * fits_N
        + types_N
        + people.generated_P[person] * made_N
        + people.topic_weight_P[person] * cosines_N
        - people.novelty_P[person] * bored_N
        + np.array([appeal(item.item_id) for item in items])
    )
    result_N: Floats = 1.0 / (1.0 + np.exp(-logits_N))
    return result_N


@lru_cache(maxsize=100_000)
def appeal(item_id: str) -> float:
    """How much everyone likes an item, fixed by its id: normal with a spread of APPEAL."""
    digest = hashlib.blake2b(item_id.encode(), digest_size=8, person=b"appeal").digest()
    return APPEAL * NormalDist().inv_cdf(((int.from_bytes(digest, "little") >> 11) + 0.5) * 2.0**-53)


def _unit(vectors_PD: NDArray[np.float32]) -> NDArray[np.float32]:
    return (vectors_PD / np.linalg.norm(vectors_PD, axis=1, keepdims=True)).astype(np.float32)
