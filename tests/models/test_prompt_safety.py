import pytest

from models.generation import UnusablePromptError
from models.prompt_safety import check_prompt


@pytest.mark.parametrize(
    "text", ["happy birthday", "scunthorpe united", "a classic cocktail", "love you xx", ""]
)
def test_harmless_words_pass_even_if_a_bad_one_is_inside_them(text: str) -> None:
    check_prompt(text, "en", "g")


@pytest.mark.parametrize(
    ("text", "locale"), [("oh FUCK you", "en"), ("fuck", "de"), ("so eine Arschloch", "de-AT")]
)
def test_unsafe_words_of_english_and_the_own_language_are_refused(text: str, locale: str) -> None:
    with pytest.raises(UnusablePromptError, match="rating pg"):
        check_prompt(text, locale, "pg")
    check_prompt(text, locale, "r")


def test_words_of_other_languages_are_not_looked_for() -> None:
    check_prompt("arschloch", "en", "pg")
