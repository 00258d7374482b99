from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.items import STYLES, MediaType
from models.mood import MOODS
from ranking.choices import OPTIONS, Choice
from ranking.drawing import EXPLORED, DrawingPolicy, from_safetensors, to_safetensors
from ranking.network import Halves, ScoringNetwork
from ranking.occasion import KNOWN, LETTERED, MOODY, NAMES, base_shares, decode, encode, features, known
from ranking.taste import Ideal, Taste, Trait, dismiss, recall, update

DAY = 86_400.0
BY_HAND = DrawingPolicy()
fits = st.lists(st.floats(-1, 1), min_size=4, max_size=4)
histories = st.lists(st.tuples(st.booleans(), st.sampled_from(STYLES)), max_size=30)


def ideal_of(*events: tuple[bool, Trait]) -> Ideal:
    taste = Taste()
    for liked, trait in events:
        taste = (update if liked else dismiss)(taste, None, "sticker", "generated", 0.0, 30 * DAY, (trait,))
    return recall(taste, None, 0.0, 30 * DAY, prior=2.0)


def occasion(
    *events: tuple[bool, Trait],
    interests: tuple[str, ...] = (),
    media_type: MediaType = "sticker",
    fits: Sequence[float] = (),
) -> Halves:
    return known(ideal_of(*events), interests, media_type, "happy birthday", fits=fits)


def drawn(known_C: Halves, count: int = 4000) -> list[Choice]:
    return [BY_HAND.choose(known_C, seed) for seed in range(count)]


def share_of(known_C: Halves, place: int, value: object, policy: DrawingPolicy = BY_HAND) -> float:
    is_it = np.array([option[place] == value for option in OPTIONS])
    return float(policy.probabilities(known_C)[is_it].sum())


def test_a_stranger_gets_every_style_equally_most_without_a_mood_and_few_letters() -> None:
    stranger = occasion()
    for style in STYLES:
        assert share_of(stranger, 0, style) == pytest.approx(1 / 3)
    assert share_of(stranger, 1, "plain") == pytest.approx(1 - MOODY, abs=1e-4)
    assert share_of(stranger, 2, True) == pytest.approx(LETTERED, abs=1e-4)


def test_the_mood_that_fits_the_words_is_likelier() -> None:
    birthday = occasion(fits=(0.42, 0.19, 0.14, 0.11))
    assert share_of(birthday, 1, "joyful") > 0.8 * MOODY
    assert share_of(birthday, 1, "sad") < 0.05 * MOODY


@given(histories, fits)
def test_shares_are_probabilities_and_none_falls_below_what_is_explored(
    history: list[tuple[bool, str]], fits: list[float]
) -> None:
    known_C = occasion(*((liked, ("style", style)) for liked, style in history), fits=fits)
    found_N = BY_HAND.probabilities(known_C)
    assert found_N.sum() == pytest.approx(1)
    assert (found_N >= EXPLORED * base_shares(known_C) - 1e-9).all()


def test_the_recorded_probability_is_the_frequency_of_the_choice() -> None:
    known_C = occasion((True, ("style", "flat")), (True, ("lettering", "yes")), (False, ("mood", "sad")))
    choices = drawn(known_C)
    for probability, option in sorted(
        {(each.probability, (each.style, each.mood, each.lettering)) for each in choices}
    ):
        frequency = np.mean([(each.style, each.mood, each.lettering) == option for each in choices])
        assert frequency == pytest.approx(probability, abs=0.025)


@given(st.sampled_from(STYLES), st.integers(1, 20))
def test_selecting_a_style_makes_it_likelier_and_dismissing_it_less(style: str, times: int) -> None:
    liked = share_of(occasion(*[(True, ("style", style))] * times), 0, style)
    disliked = share_of(occasion(*[(False, ("style", style))] * times), 0, style)
    assert disliked < 1 / 3 < liked


@given(st.sampled_from(MOODS), st.integers(1, 20))
def test_selecting_a_mood_makes_it_likelier(mood: str, times: int) -> None:
    assert share_of(occasion(*[(True, ("mood", mood))] * times), 1, mood) > share_of(occasion(), 1, mood)


def test_interests_can_ask_for_lettering_cards_have_it_and_loops_never() -> None:
    assert all(each.lettering for each in drawn(occasion(interests=("Lettering",)), 50))
    assert all(each.lettering for each in drawn(occasion(media_type="image"), 50))
    assert not any(each.lettering for each in drawn(occasion(media_type="video"), 50))


@given(st.integers(0, 2**53))
def test_the_same_seed_gives_the_same_choice(seed: int) -> None:
    assert BY_HAND.choose(occasion(), seed) == BY_HAND.choose(occasion(), seed)


@given(histories, fits)
def test_what_was_known_is_read_again_exactly(history: list[tuple[bool, str]], fits: list[float]) -> None:
    known_C = occasion(*((liked, ("style", style)) for liked, style in history), fits=fits)
    assert known_C.shape == (len(KNOWN),)
    np.testing.assert_array_equal(decode(encode(known_C)), known_C)
    assert features(known_C).shape == (len(OPTIONS), len(NAMES))
    assert np.isfinite(features(known_C)).all()


def test_an_occasion_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 7"):
        decode("7:AAAA")


def network_that_likes(name: str) -> ScoringNetwork:
    weights_F1 = np.zeros((len(NAMES), 1), dtype=np.float32)
    weights_F1[NAMES.index(name)] = 4.0
    mean_F, deviation_F = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    return ScoringNetwork(mean_F, deviation_F, 1.0, ((weights_F1, np.zeros(1, np.float32)),))


def test_a_learned_policy_draws_what_it_likes_but_nothing_that_cannot_be() -> None:
    policy = DrawingPolicy(network_that_likes("is_lettered"))
    assert share_of(occasion(), 2, True, policy) > 0.7
    assert share_of(occasion(media_type="video"), 2, True, policy) == 0


def test_a_policy_is_read_again_from_its_file_and_other_files_are_refused() -> None:
    policy = DrawingPolicy(network_that_likes("is_flat"))
    again = from_safetensors(to_safetensors(policy))
    assert again.version == policy.version != BY_HAND.version
    np.testing.assert_array_equal(again.probabilities(occasion()), policy.probabilities(occasion()))
    for data in (b"", b"no tensors at all", to_safetensors(policy)[:-8]):
        with pytest.raises(ValueError, match="not a drawing policy"):
            from_safetensors(data)
