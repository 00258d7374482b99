"""What each person liked at the time of each slate, from what they had done before it."""

# T: text width

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.choices import traits_of
from ranking.taste import Taste, dismiss, recall, update
from ranking.weights import RankingWeights
from rl.log import GOOD
from store.media_item import MediaItem

Vector = NDArray[np.float32]


def leanings(
    slates: Sequence[Mapping[str, Any]],
    items: Mapping[str, MediaItem],
    interests: Mapping[str, Vector],
    weights: RankingWeights,
) -> dict[tuple[str, int], Vector]:
    """The ideal (T,) of whoever was shown each slate, by suggestion and number; only of those who are known a little.

    `interests` are unit vectors of what people say that they like. The same memory as serving has, to which an item that
    is gone adds no embedding.
    """
    found: dict[tuple[str, int], Vector] = {}
    half_life_s = weights.taste_half_life_s
    for user_id, mine in _by_user(slates).items():
        deeds = sorted((deed for row in mine for deed in row["feedback"]), key=itemgetter("at"))
        sources = {each["item_id"]: each["source"] for row in mine for each in row["shown"]}
        taste, done = Taste(), 0
        for row in sorted(mine, key=itemgetter("at")):
            while done < len(deeds) and deeds[done]["at"] < row["at"]:
                taste = _remember(taste, deeds[done], sources, items, half_life_s)
                done += 1
            now_s = row["at"].timestamp()
            ideal = recall(taste, interests.get(user_id), now_s, half_life_s, weights.taste_prior)
            if ideal.embedding is not None:
                found[row["suggestion_id"], row["slate"]] = ideal.embedding
    return found


def _by_user(slates: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for row in slates:
        grouped.setdefault(row["user_id"], []).append(row)
    return grouped


def _remember(
    taste: Taste,
    deed: Mapping[str, Any],
    sources: Mapping[str, Any],
    items: Mapping[str, MediaItem],
    half_life_s: float,
) -> Taste:
    item = items.get(deed["item_id"])
    if item is None:
        return taste
    learn = update if deed["action"] in GOOD else dismiss
    embedding = None if item.embedding is None else item.embedding.astype(np.float32)
    source = sources.get(item.item_id, "index")
    at_s = deed["at"].timestamp()
    return learn(taste, embedding, item.media_type, source, at_s, half_life_s, traits_of(item.prompt))
