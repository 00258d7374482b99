"""What the composing deployment knows of people, on real databases of both kinds."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from deployments.people import People, Person
from deployments.settings import DEFAULT_CONFIG
from ranking.lift import Habits
from ranking.novelty import novelty
from ranking.weights import load_ranking_weights
from store.blobs import Blobs
from store.database import connect, migrate
from store.erasure import erase
from store.feedback import Feedback, FeedbackLog
from store.impression import Shown
from store.impressions import ImpressionLog
from store.media import MediaStore
from store.people import PeopleStore
from store.person import Profile
from tests.store.test_people import impression

WEIGHTS = load_ranking_weights(DEFAULT_CONFIG.parent / "ranking.yaml")
WITHIN_S = 2.0


class Embeds:
    """Stands where the index deployment embeds a text; counts how often."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def __call__(self, text: str) -> NDArray[np.float32]:
        self.texts.append(text)
        return np.eye(384, dtype=np.float32)[0]


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[tuple[People, PeopleStore, Embeds]]:
    """The cache of one replica, and the store as another process writes it."""
    await migrate(database_url)
    engine, embeds = await connect(database_url), Embeds()
    people = People(PeopleStore(engine, "replica"), embeds, WEIGHTS, 100, poll_ms=50)
    await asyncio.sleep(0.1)
    yield people, PeopleStore(engine, "other"), embeds
    people.following.cancel()
    await engine.dispose()


async def until(read: Callable[[], Awaitable[Person]], good: Callable[[Person], bool]) -> Person:
    deadline = time.monotonic() + WITHIN_S
    while not good(person := await read()):
        assert time.monotonic() < deadline, "the change was not seen in time"
        await asyncio.sleep(0.05)
    return person


async def test_a_stranger_has_no_taste_and_has_seen_nothing(
    opened: tuple[People, PeopleStore, Embeds],
) -> None:
    people, _, embeds = opened
    person = await people.recall("stranger")
    assert person.taste.evidence == 0
    assert person.seen.showings == {}
    assert person.interests is None
    assert embeds.texts == []


async def test_what_another_process_recorded_is_known_within_two_seconds(
    opened: tuple[People, PeopleStore, Embeds],
) -> None:
    people, other, _ = opened
    await people.recall("u-1")
    now = time.time()
    await ImpressionLog(other.engine, "other").add([impression("s-1", ["cake", "hat"], at_s=now)])
    seen = await until(lambda: people.recall("u-1"), lambda person: bool(person.seen.showings))
    assert novelty(seen.seen, "cake", now, WEIGHTS.novelty_half_life_s) == pytest.approx(0.5, abs=0.01)
    log = FeedbackLog(other.engine, "other")
    await log.record([Feedback(str(uuid4()), "s-1", "cake", "select", now)])
    likes = await until(lambda: people.recall("u-1"), lambda person: person.taste.evidence > 0)
    assert likes.taste.by_type["sticker"].liked == pytest.approx(1, abs=0.01)
    assert likes.seen.showings["cake"].selected
    assert not likes.seen.showings["hat"].selected


async def test_the_slates_of_one_message_make_an_item_less_new_once(
    opened: tuple[People, PeopleStore, Embeds],
) -> None:
    people, other, _ = opened
    now = time.time()
    slates = [impression("s-1", ["cake"], slate=n, at_s=now + n) for n in range(5)]
    await ImpressionLog(other.engine, "other").add(slates)
    person = await people.recall("u-1")
    assert person.seen.showings["cake"].exposure == pytest.approx(1)


async def test_what_was_shown_and_passed_over_is_known_and_gone_once_the_person_is_erased(
    opened: tuple[People, PeopleStore, Embeds],
) -> None:
    people, other, _ = opened
    now = time.time()
    kinds = (Shown("cake", "sticker", "index", 0.5, 0.9), Shown("song", "audio", "index", 0.5, 0.9))
    slates = [impression(f"s-{n}", composition_id=f"c-{n}", shown=kinds, at_s=now + n) for n in range(5)]
    await ImpressionLog(other.engine, "other").add(slates)
    log = FeedbackLog(other.engine, "other")
    await log.record([Feedback(str(uuid4()), f"s-{n}", "cake", "select", now + n) for n in range(5)])
    habits = (await people.recall("u-1")).habits
    assert habits.lifts()["audio"] < -0.3 < 0.0 < habits.lifts()["sticker"]
    await erase(MediaStore(other.engine, Blobs("memory://habits")), "u-1", "other")
    await until(lambda: people.recall("u-1"), lambda person: person.habits == Habits())


async def test_habits_read_from_the_store_are_those_that_were_followed(
    opened: tuple[People, PeopleStore, Embeds],
) -> None:
    people, other, _ = opened
    now, followed = time.time(), Person()
    for n in range(6):
        shown = impression(f"s-{n}", ("cake", "hat"), composition_id=f"c-{n // 2}", at_s=now + n)
        people.show(followed, shown.shown, shown.at_s, shown.composition_id)
        await ImpressionLog(other.engine, "other").add([shown])
    assert (await people.recall("u-1")).habits == followed.habits


async def test_interests_are_embedded_once_and_again_when_they_change(
    opened: tuple[People, PeopleStore, Embeds],
) -> None:
    people, other, embeds = opened
    await other.put_profile("u-1", Profile(interests=("cats", "jazz")))
    await asyncio.gather(*(people.recall("u-1") for _ in range(5)))
    assert embeds.texts == ["cats, jazz"]
    await asyncio.sleep(0.2)  # the replica learns of the profile it already read, and reads it once more
    await people.recall("u-1")
    before = len(embeds.texts)
    await other.put_profile("u-1", Profile(interests=("dogs",)))
    await until(lambda: people.recall("u-1"), lambda person: person.profile.interests == ("dogs",))
    assert embeds.texts[before:] == ["dogs"]


async def test_who_does_not_want_it_is_a_stranger_whatever_is_held_on_them(
    opened: tuple[People, PeopleStore, Embeds],
) -> None:
    people, other, embeds = opened
    await ImpressionLog(other.engine, "other").add([impression("s-1")])
    await FeedbackLog(other.engine, "other").record(
        [Feedback(str(uuid4()), "s-1", "cake", "select", 1001.0)]
    )
    await other.put_profile("u-1", Profile(interests=("cats",), personalize=False))
    person = await people.recall("u-1")
    assert person.taste.evidence == 0
    assert person.seen.showings == {}
    assert person.interests is None
    assert embeds.texts == []


async def test_a_reading_that_failed_is_tried_again(opened: tuple[People, PeopleStore, Embeds]) -> None:
    people, other, embeds = opened
    await other.put_profile("u-1", Profile(interests=("cats",)))

    async def fails(_text: str) -> NDArray[np.float32]:
        raise RuntimeError("the index is away")

    people.embed = fails
    with pytest.raises(RuntimeError, match="away"):
        await people.recall("u-1")
    people.embed = embeds
    assert (await people.recall("u-1")).interests is not None
