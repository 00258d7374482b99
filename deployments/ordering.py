"""What to order of the generators: only what is missing, and made for the person."""

import time
from secrets import randbelow

import numpy as np
from numpy.typing import NDArray

from catalog.items import MediaType
from deployments.gathering import Gathering
from deployments.messages import GenerateRequest
from deployments.order import Order
from deployments.people import Person
from ranking.novelty import novelty
from ranking.taste import leaning, recall
from ranking.weights import RankingWeights

MAX_SEED = 2**48
WHOLE = 0.95  # an index match from which the typed words are all of what is meant


def made_earlier(gathering: Gathering, media_type: MediaType, weights: RankingWeights) -> int:
    """How many media that were made for these words this person has not seen yet; `always` makes new ones."""
    if gathering.request.generate == "always":
        return 0
    seen, now, half_life = gathering.person.seen, time.time(), weights.novelty_half_life_s
    return sum(
        match.item.origin == "generated"
        and match.item.media_type == media_type
        and match.index_match >= WHOLE
        and novelty(seen, match.item.item_id, now, half_life, gathering.composition_key) == 1.0
        for match in gathering.matches
    )


def order_for(gathering: Gathering, n_gram: str, count: int, weights: RankingWeights) -> Order:
    """New media for what is typed; the words are drawn on them once they are a phrase that people use."""
    request, person = gathering.request, gathering.person
    return Order(
        prompt=n_gram,
        user_id=request.user_id,
        locale=request.locale,
        seeds=new_seeds(count),
        rating=request.rating,
        leaning=leaning_of(person, weights),
        interests=person.profile.interests if person.profile.personalize else (),
        lettering=any(match.index_match >= WHOLE for match in gathering.matches),
        deadline_at=time.time() + gathering.remaining_s,
    )


def order_of_call(request: GenerateRequest, person: Person, weights: RankingWeights) -> Order:
    """What a call of `/v1/generate` asks for, who waits for as long as it takes."""
    return Order(
        prompt=request.n_gram_string.strip(),
        user_id=request.user_id,
        locale=person.profile.locale or "en",
        seeds=new_seeds(request.generation_count, request.seed),
        leaning=leaning_of(person, weights),
        interests=person.profile.interests if person.profile.personalize else (),
        lettering=True,
        repeatable=request.seed is not None,
    )


def leaning_of(person: Person, weights: RankingWeights) -> NDArray[np.float32] | None:
    """What the media made for this person lean to; nothing for strangers and for those who said no."""
    if not person.profile.personalize:
        return None
    ideal = recall(
        person.taste, person.interests, time.time(), weights.taste_half_life_s, weights.taste_prior
    )
    return leaning(ideal)


def new_seeds(count: int, first: int | None = None) -> tuple[int, ...]:
    """Seeds that follow one another; media of such seeds differ most."""
    first = randbelow(MAX_SEED) if first is None else first
    return tuple(range(first, first + count))
