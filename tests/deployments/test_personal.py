"""What of a person goes into an order."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.items import Rating
from deployments.order import Order
from deployments.people import Person, remember
from deployments.personal import allowed, is_young, made_for
from deployments.settings import DEFAULT_CONFIG
from ranking.seasons import SEASONS
from ranking.weights import load_ranking_weights
from store.person import Deed, History, Profile

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
    order = made_for(ORDER, fan, replace(WEIGHTS, taste_half_life_s=1e12), "sticker")
    assert [choice.style for choice in order.choices].count("noto") >= 5
    assert order.colour == "cool"
    assert all(
        choice.style_probability == pytest.approx(0.79, abs=0.03)
        for choice in order.choices
        if choice.style == "noto"
    )
    told = order.told(3, "cool")
    assert told["style"] == order.choices[3].style
    assert told["style_probability"] == order.choices[3].style_probability
    assert told["lettering"] == order.choices[3].lettering
    assert told["favourite_colour"] == "cool"
    assert told["leaning"] == "earlier selections"


def test_who_says_no_gets_what_anybody_gets_whatever_is_known() -> None:
    profile = Profile(interests=("cats",), location={"country": "DE"}, personalize=False)
    known = person(profile, selected(12, style="noto", lettering=True, colour="cool"))
    order = made_for(ORDER, known, WEIGHTS, "sticker")
    assert order.leaning is None
    assert (order.interests, order.colour, order.season) == ((), None, None)
    assert {(choice.style, choice.style_probability, choice.lettering) for choice in order.choices} == {
        ("3d", 1, False)
    }
    assert set(order.told(1, "warm")) == {
        "text", "seed", "style", "style_probability", "lettering", "lettering_probability", "colour"
    }  # fmt: skip


def test_words_that_are_not_whole_are_never_drawn() -> None:
    fan = person(Profile(interests=("lettering",)))
    half = made_for(replace(ORDER, lettering=False), fan, WEIGHTS, "sticker")
    assert not any(prompt.lettering for prompt in half.prompts())
    assert all(prompt.lettering for prompt in made_for(ORDER, fan, WEIGHTS, "sticker").prompts())


def test_a_country_gives_the_season_a_little_weight_and_taste_the_most() -> None:
    at_home = person(Profile(location={"country": "DE"}))
    order = made_for(ORDER, at_home, WEIGHTS, "sticker")
    assert order.season in SEASONS
    assert np.linalg.norm(order.leaning) == pytest.approx(0.25)
    assert "leaning" not in order.told(1, "warm")
    history = selected(12)
    both = made_for(
        ORDER, person(at_home.profile, history), replace(WEIGHTS, taste_half_life_s=1e12), "sticker"
    )
    assert np.linalg.norm(both.leaning) == pytest.approx(1)
    assert both.leaning @ CAT > 0.9


@pytest.mark.parametrize("band", ["13-17", "0-12", "under 18", "<18", "16-20", "Teen", "child"])
def test_the_young_are_shown_no_more_than_pg_even_without_personalisation(band: str) -> None:
    young = person(Profile(demographics={"age_band": band}, personalize=False))
    assert allowed("r", young) == allowed("pg-13", young) == "pg"
    assert allowed("g", young) == "g"
    assert made_for(ORDER, young, WEIGHTS, "sticker").rating == "pg"


@pytest.mark.parametrize("band", [None, "", "18-24", "25-34", "65+", "adult"])
@pytest.mark.parametrize("rating", ["g", "pg", "pg-13", "r"])
def test_adults_and_those_who_do_not_say_get_what_they_ask_for(band: str | None, rating: Rating) -> None:
    assert not is_young(band)
    assert allowed(rating, person(Profile(demographics={"age_band": band} if band else {}))) == rating
