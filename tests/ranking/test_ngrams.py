import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ranking.ngrams import grams, is_unspaced, normalise


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("Happy  BIRTHDAY!!!", "happy birthday"),
        ("let's", "let"),
        ("lets", "let"),
        ("LET’S", "let"),
        ("sooo coooool", "soo cool"),
        ("Straße", "strasse"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("rock-and-roll", "rock and roll"),
        ("❤️", "❤"),
        ("👍🏽", "👍"),
        ("love❤️you", "love ❤ you"),
        ("👩‍🚀", "👩 🚀"),
        (":) hi", ":) hi"),
        ("<3", "<3"),
        ("?!", "?!"),
        ("wow?!", "wow"),
        ("誕生日 おめでとう！", "誕生日 おめでとう"),
        ("สวัสดี", "สวัสดี"),
        ("नमस्ते", "नमस्ते"),
        ("שלום", "שלום"),
        ("a\u200bb\u202ec\u0000d", "abcd"),
        ("", ""),
        (" \t\n\u200b", ""),
    ],
)
def test_typed_text_has_one_normal_form(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("cat", "cats"),
        ("party", "parties"),
        ("cookie", "cookies"),
        ("box", "boxes"),
        ("kiss", "kisses"),
        ("potato", "potatoes"),
        ("shoe", "shoes"),
        ("pie", "pies"),
        ("rose", "roses"),
        ("church", "churches"),
    ],
)
def test_a_plural_is_its_singular(one: str, many: str) -> None:
    assert normalise(one) == normalise(many)


def test_words_that_only_look_plural_stay_apart() -> None:
    assert normalise("bus") == "bus"
    assert normalise("kiss") == "kiss"
    assert normalise("this") == "this"


@given(st.text(max_size=80))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@example("yyie")
@given(st.text(alphabet="asexzhci oy'-", max_size=20))
def test_normalising_english_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(max_size=300))
def test_any_text_has_grams_with_shares_of_it(text: str) -> None:
    found = grams(text)
    assert all(0.0 < gram.share <= 1.0 for gram in found)
    assert [gram.text for gram in found if gram.share == 1.0] == (
        [normalise(text)] if normalise(text) else []
    )


def test_later_and_longer_grams_say_more() -> None:
    share = {gram.text: gram.share for gram in grams("good morning sunshine")}
    assert share["good morning sunshine"] == 1.0
    assert (
        share["morning sunshine"]
        > share["good morning"]
        > share["sunshine"]
        > share["morning"]
        > share["good"]
    )


def test_a_stop_word_says_little() -> None:
    share = {gram.text: gram.share for gram in grams("the cat")}
    assert share["the"] < 0.1 < 0.9 < share["cat"]


def test_grams_have_at_most_five_words_except_the_whole_text() -> None:
    found = grams("one two three four five six seven")
    assert max(len(gram.text.split()) for gram in found if gram.share < 1.0) == 5
    assert found[0].text == "one two three four five six seven"


def test_only_grams_at_the_end_may_be_unfinished() -> None:
    assert {gram.text for gram in grams("red fire tru") if gram.is_last} == {
        "red fire tru",
        "fire tru",
        "tru",
    }


def test_scripts_without_spaces_give_their_inner_runs() -> None:
    share = {gram.text: gram.share for gram in grams("誕生日おめでとう")}
    assert share["誕生日"] == pytest.approx(3 / 8)
    assert share["おめでとう"] == pytest.approx(5 / 8)
    assert is_unspaced("สวัสดี")
    assert not is_unspaced("привет")


def test_a_very_long_text_stays_quick() -> None:
    assert len(grams("word " * 5000)) < 1000
    assert len(grams("あいうえお" * 1000)) < 1000
