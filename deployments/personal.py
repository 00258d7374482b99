"""What of a person goes into the media made for them, and what never does (docs/generation.md)."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from catalog.items import MediaType, Rating
from deployments.order import Order
from deployments.people import Person
from ranking.choices import Choice, favourite_colour
from ranking.drawing import DrawingPolicy
from ranking.entries import RATINGS
from ranking.occasion import known
from ranking.seasons import season_in
from ranking.taste import leaning, recall
from ranking.weights import RankingWeights

ADULT = 18
SEASONAL = 0.25  # what a season draws beside what the person likes, which has a length of 1
_YOUNG = re.compile(r"under|below|<|child|kid|teen|minor", re.IGNORECASE)


def made_for(
    order: Order,
    person: Person,
    weights: RankingWeights,
    media_type: MediaType,
    drawing: DrawingPolicy,
    fits: Sequence[float] = (),
) -> Order:
    """The order with what is known of the person; as for anybody if they said no, but for the rating of the young.

    `fits` say which mood fits the prompt (`ranking.occasion.known`).
    """
    order = replace(order, rating=allowed(order.rating, person))
    if not person.profile.personalize:
        return replace(order, choices=(Choice(lettering=media_type == "image"),))
    now, interests = time.time(), person.profile.interests
    ideal = recall(person.taste, person.interests, now, weights.taste_half_life_s, weights.taste_prior)
    liked = leaning(ideal)
    season = season_in(person.profile.location.get("country"), time.gmtime(now).tm_mon)
    season_D = None if season is None else person.seasons.get(season)
    parts = [] if liked is None else [liked]
    if season_D is not None:
        parts.append(SEASONAL * season_D)
    occasion = known(ideal, interests, media_type, order.prompt, order.lettering, fits)
    by_place = sorted(order.seeds, key=lambda seed: seed % len(order.seeds))
    drawn = sum(parts, np.zeros(1, dtype=np.float32)) if parts else None
    return replace(
        order,
        leaning=None
        if drawn is None
        else (drawn / max(1.0, float(np.linalg.norm(drawn)))).astype(np.float32),
        learned=liked is not None,
        interests=interests,
        choices=() if media_type == "audio" else tuple(drawing.choose(occasion, seed) for seed in by_place),
        colour=favourite_colour(ideal),
        season=season if season_D is not None else None,
    )


def allowed(asked: Rating, person: Person) -> Rating:
    """The rating that was asked for, but no more than `pg` for those who are, or may be, under 18."""
    if not is_young(person.profile.demographics.get("age_band")):
        return asked
    return asked if RATINGS.index(asked) < RATINGS.index("pg") else "pg"


def is_young(age_band: str | None) -> bool:
    """Whether an age band, in the client's own words, has anybody under 18 in it."""
    if not age_band:
        return False
    ages = [int(age) for age in re.findall(r"\d+", age_band)]
    return bool(_YOUNG.search(age_band)) or (bool(ages) and min(ages) < ADULT)
