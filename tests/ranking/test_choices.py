import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.items import STYLES
from ranking.choices import EXPLORED, LETTERED, choose, favourite_colour, shares, traits_of
from ranking.taste import Ideal, Taste, Trait, dismiss, recall, update

DAY = 86_400.0
EVEN = dict.fromkeys(STYLES, 1 / 3)
histories = st.lists(st.tuples(st.booleans(), st.sampled_from(STYLES)), max_size=30)


def ideal_of(*events: tuple[bool, Trait]) -> Ideal:
    taste = Taste()
    for liked, trait in events:
        taste = (update if liked else dismiss)(taste, None, "sticker", "generated", 0.0, 30 * DAY, (trait,))
    return recall(taste, None, 0.0, 30 * DAY, prior=2.0)


def test_a_stranger_gets_every_style_equally_and_few_letters() -> None:
    chosen = [choose(ideal_of(), (), "sticker", seed) for seed in range(3000)]
    for style in STYLES:
        assert np.mean([choice.style == style for choice in chosen]) == pytest.approx(1 / 3, abs=0.03)
    assert np.mean([choice.lettering for choice in chosen]) == pytest.approx(LETTERED, abs=0.02)


@given(histories)
def test_shares_are_probabilities_and_none_falls_below_what_is_explored(
    history: list[tuple[bool, str]],
) -> None:
    ideal = ideal_of(*((liked, ("style", style)) for liked, style in history))
    given_to = shares(ideal, "style", EVEN)
    assert sum(given_to.values()) == pytest.approx(1)
    assert min(given_to.values()) >= EXPLORED / 3 - 1e-9


def test_the_recorded_probability_is_the_frequency_of_the_choice() -> None:
    ideal = ideal_of((True, ("style", "flat")), (True, ("lettering", "yes")), (False, ("style", "noto")))
    chosen = [choose(ideal, (), "sticker", seed) for seed in range(4000)]
    for pick in {(choice.style, choice.style_probability) for choice in chosen}:
        assert np.mean([choice.style == pick[0] for choice in chosen]) == pytest.approx(pick[1], abs=0.03)
    lettered = [choice for choice in chosen if choice.lettering]
    assert len(lettered) / 4000 == pytest.approx(lettered[0].lettering_probability, abs=0.03)


@given(st.sampled_from(STYLES), st.integers(1, 20))
def test_selecting_a_style_makes_it_likelier_and_dismissing_it_less(style: str, times: int) -> None:
    liked = shares(ideal_of(*[(True, ("style", style))] * times), "style", EVEN)
    disliked = shares(ideal_of(*[(False, ("style", style))] * times), "style", EVEN)
    assert disliked[style] < 1 / 3 < liked[style]


def test_interests_can_ask_for_lettering_and_only_stickers_choose() -> None:
    asked = [choose(ideal_of(), ("Lettering",), "sticker", seed) for seed in range(50)]
    assert all(choice.lettering and choice.lettering_probability == 1 for choice in asked)
    assert all(choose(ideal_of(), (), "image", seed).lettering for seed in range(50))
    assert not any(choose(ideal_of(), (), "video", seed).lettering for seed in range(50))


@given(st.integers(0, 2**53))
def test_the_same_seed_gives_the_same_choice(seed: int) -> None:
    assert choose(ideal_of(), (), "sticker", seed) == choose(ideal_of(), (), "sticker", seed)


def test_a_colour_is_a_favourite_once_it_is_clearly_selected_more() -> None:
    assert favourite_colour(ideal_of()) is None
    assert favourite_colour(ideal_of((True, ("colour", "cool")))) is None
    assert favourite_colour(ideal_of(*[(True, ("colour", "cool"))] * 2)) == "cool"
    assert favourite_colour(ideal_of(*[(True, ("colour", "cool")), (True, ("colour", "warm"))] * 5)) is None


def test_the_traits_of_a_medium_are_what_its_prompt_says() -> None:
    assert traits_of(None) == ()
    assert traits_of({"text": "cake", "seed": 1}) == ()
    prompt = {"style": "noto", "lettering": False, "colour": "cool"}
    assert set(traits_of(prompt)) == {("style", "noto"), ("lettering", "no"), ("colour", "cool")}
