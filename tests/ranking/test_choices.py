from ranking.choices import favourite_colour, traits_of
from ranking.taste import Ideal, Taste, Trait, dismiss, recall, update

DAY = 86_400.0


def ideal_of(*events: tuple[bool, Trait]) -> Ideal:
    taste = Taste()
    for liked, trait in events:
        taste = (update if liked else dismiss)(taste, None, "sticker", "generated", 0.0, 30 * DAY, (trait,))
    return recall(taste, None, 0.0, 30 * DAY, prior=2.0)


def test_a_colour_is_a_favourite_once_it_is_clearly_selected_more() -> None:
    assert favourite_colour(ideal_of()) is None
    assert favourite_colour(ideal_of((True, ("colour", "cool")))) is None
    assert favourite_colour(ideal_of(*[(True, ("colour", "cool"))] * 2)) == "cool"
    assert favourite_colour(ideal_of(*[(True, ("colour", "cool")), (True, ("colour", "warm"))] * 5)) is None


def test_the_traits_of_a_medium_are_what_its_prompt_says() -> None:
    assert traits_of(None) == ()
    assert traits_of({"text": "cake", "seed": 1}) == ()
    prompt = {"style": "noto", "mood": "sad", "lettering": False, "colour": "cool"}
    assert set(traits_of(prompt)) == {
        ("style", "noto"),
        ("mood", "sad"),
        ("lettering", "no"),
        ("colour", "cool"),
    }
