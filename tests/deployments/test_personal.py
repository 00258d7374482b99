"""What of a person goes into an order."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.items import Rating
from deployments.order import Order
from deployments.people import Person, remember
from deployments.personal import allowed, is_young, made_for
from deployments.settings import DEFAULT_CONFIG
from ranking.choices import Choice
from ranking.drawing import DrawingPolicy
from ranking.occasion import KNOWN, decode
from ranking.seasons import SEASONS
from ranking.weights import load_ranking_weights
from store.person import Deed, History, Profile

BY_HAND = DrawingPolicy()
WEIGHTS = load_ranking_weights(DEFAULT_CONFIG.parent / "ranking.yaml")
ORDER = Order("good morning", "ann", "en", tuple(range(8)), rating="pg-13", lettering=True)
CAT, *SNOWS = np.eye(5, 384, dtype=np.float32)


def selected(count: int, **prompt: str | bool) -> History:
    deeds = [Deed(str(n), "select", "sticker", "generated", CAT, 1.0e9 + n, prompt) for n in range(count)]
    return History(deeds=deeds)


def person(profile: Profile | None = None, history: History | None = None) -> Person:
    made = remember(profile or Profile(), history or History(), replace(WEIGHTS, taste_half_life_s=1e12))
    made.seasons = dict(zip(SEASONS, SNOWS, strict=True)) if made.profile.location else {}
    return made


def test_what_was_selected_decides_style_lettering_and_colour() -> None:
    fan = person(history=selected(12, style="noto", lettering=True, colour="cool"))
    order = made_for(ORDER, fan, replace(WEIGHTS, taste_half_life_s=1e12), "sticker", BY_HAND)
    assert [choice.style for choice in order.choices].count("noto") >= 5
    assert order.colour == "cool"
    assert {choice.policy for choice in order.choices} == {BY_HAND.version}
    assert all(0 < choice.probability < 1 for choice in order.choices)
    told = order.told(3, "cool")
    assert told["style"] == order.choices[3].style
    assert told["mood"] == order.choices[3].mood
    assert told["drawn_with_probability"] == order.choices[3].probability
    assert told["drawn_by"] == BY_HAND.version
    assert decode(str(told["occasion"])).shape == (len(KNOWN),)
    assert told["lettering"] == order.choices[3].lettering
    assert told["favourite_colour"] == "cool"
    assert told["leaning"] == "earlier selections"


def test_who_says_no_gets_what_anybody_gets_whatever_is_known() -> None:
    profile = Profile(interests=("cats",), location={"country": "DE"}, personalize=False)
    known = person(profile, selected(12, style="noto", lettering=True, colour="cool"))
    order = made_for(ORDER, known, WEIGHTS, "sticker", BY_HAND)
    assert order.leaning is None
    assert (order.interests, order.colour, order.season) == ((), None, None)
    assert set(order.choices) == {Choice("3d", "plain", lettering=False, probability=1.0)}
    assert set(order.told(1, "warm")) == {"text", "seed", "style", "mood", "lettering", "colour"}


def test_words_that_are_not_whole_are_never_drawn() -> None:
    fan = person(Profile(interests=("lettering",)))
    half = made_for(replace(ORDER, lettering=False), fan, WEIGHTS, "sticker", BY_HAND)
    assert not any(
        prompt.lettering or choice.lettering
        for prompt, choice in zip(half.prompts(), half.choices, strict=True)
    )
    assert all(prompt.lettering for prompt in made_for(ORDER, fan, WEIGHTS, "sticker", BY_HAND).prompts())


def test_a_country_gives_the_season_a_little_weight_and_taste_the_most() -> None:
    at_home = person(Profile(location={"country": "DE"}))
    order = made_for(ORDER, at_home, WEIGHTS, "sticker", BY_HAND)
    assert order.season in SEASONS
    assert np.linalg.norm(order.leaning) == pytest.approx(0.25)
    assert "leaning" not in order.told(1, "warm")
    history = selected(12)
    both = made_for(
        ORDER,
        person(at_home.profile, history),
        replace(WEIGHTS, taste_half_life_s=1e12),
        "sticker",
        BY_HAND,
    )
    assert np.linalg.norm(both.leaning) == pytest.approx(1)
    assert both.leaning @ CAT > 0.9


@pytest.mark.parametrize("band", ["13-17", "0-12", "under 18", "<18", "16-20", "Teen", "child"])
def test_the_young_are_shown_no_more_than_pg_even_without_personalisation(band: str) -> None:
    young = person(Profile(demographics={"age_band": band}, personalize=False))
    assert allowed("r", young) == allowed("pg-13", young) == "pg"
    assert allowed("g", young) == "g"
    assert made_for(ORDER, young, WEIGHTS, "sticker", BY_HAND).rating == "pg"


@pytest.mark.parametrize("band", [None, "", "18-24", "25-34", "65+", "adult"])
@pytest.mark.parametrize("rating", ["g", "pg", "pg-13", "r"])
def test_adults_and_those_who_do_not_say_get_what_they_ask_for(band: str | None, rating: Rating) -> None:
    assert not is_young(band)
    assert allowed(rating, person(Profile(demographics={"age_band": band} if band else {}))) == rating


def test_a_mood_that_fits_the_words_is_chosen_more_often() -> None:
    order = replace(ORDER, prompt="happy birthday", seeds=tuple(range(200)))
    joyful = made_for(order, person(), WEIGHTS, "sticker", BY_HAND, fits=(0.42, 0.19, 0.14, 0.11))
    unknown = made_for(order, person(), WEIGHTS, "sticker", BY_HAND)
    counts = [[choice.mood for choice in each.choices].count("joyful") for each in (joyful, unknown)]
    assert counts[0] > 2 * counts[1]
    assert {prompt.mood for prompt in joyful.prompts()} >= {"plain", "joyful"}


def test_nothing_is_chosen_for_a_sound() -> None:
    order = made_for(ORDER, person(), WEIGHTS, "audio", BY_HAND)
    assert {prompt.mood for prompt in order.prompts()} == {"plain"}
    assert "occasion" not in order.told(1, None)
