"""What to order of the generators: only what is missing, and made for the person."""

import math
import time
from secrets import randbelow

from catalog.items import MediaType
from deployments.gathering import Gathering
from deployments.messages import GenerateRequest
from deployments.order import Order
from deployments.people import Person
from deployments.personal import made_for
from deployments.policies import Policies
from models.generation import ORDERED
from ranking.novelty import novelty
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


def order_for(
    gathering: Gathering,
    n_gram: str,
    count: int,
    media_type: MediaType,
    policies: Policies,
    ahead: bool = False,
) -> Order:
    """New media for what is typed, or `ahead` of it; words are drawn on them once they are a phrase that people use."""
    request = gathering.request
    order = Order(
        prompt=n_gram,
        user_id=request.user_id,
        locale=request.locale,
        seeds=new_seeds(count),
        rating=request.rating,
        lettering=ahead or any(match.index_match >= WHOLE for match in gathering.matches),
        ahead=ahead,
        deadline_at=math.inf if ahead else time.time() + gathering.remaining_s,
    )
    fits = () if ahead else gathering.mood_fits
    return made_for(order, gathering.person, policies.weights, media_type, policies.drawing, fits)


def order_of_call(request: GenerateRequest, person: Person, policies: Policies) -> Order:
    """What a call of `/v1/generate` asks for, who waits for as long as it takes."""
    order = Order(
        prompt=request.n_gram_string.strip(),
        user_id=request.user_id,
        locale=person.profile.locale or "en",
        seeds=new_seeds(request.generation_count, request.seed),
        lettering=True,
        repeatable=request.seed is not None,
    )
    return made_for(order, person, policies.weights, request.media_type, policies.drawing)


def new_seeds(count: int, first: int | None = None) -> tuple[int, ...]:
    """Seeds that follow one another, from the beginning of a block that draws no reference twice."""
    first = ORDERED * randbelow(MAX_SEED // ORDERED) if first is None else first
    return tuple(range(first, first + count))
