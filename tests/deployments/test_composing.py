"""How the composing deployment holds up when a part behind it fails, is slow or is no longer wanted."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from ray.serve.exceptions import BackPressureError, RequestCancelledError
from sqlalchemy import select
from ulid import ULID

from deployments.compositions import Compositions
from deployments.event_stream import HEARTBEAT, slate_events
from deployments.lookup import Found, Lookup, Match
from deployments.messages import Slate, SuggestRequest
from deployments.order import Made, Order
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.suggest import Suggest
from models.generation import UnusablePromptError
from ranking.features import NAMES, decode
from ranking.occasion import KNOWN
from ranking.occasion import decode as decode_occasion
from store.database import migrate
from store.feedback import Feedback, FeedbackLog
from store.person import Profile
from store.tables import impressions
from tests.store.test_media_store import item

Answer = Callable[..., Coroutine[Any, Any, Any]]


class Deployment:
    """What a deployment handle is to its caller: methods whose `.remote` can be awaited and cancelled."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls: list[asyncio.Task[Any]] = []
        self.search = self.generate = self.embed = self

    def remote(self, *arguments: object) -> asyncio.Task[Any]:
        self.calls.append(asyncio.create_task(self.answer(*arguments)))
        return self.calls[-1]


async def finds_cake(_lookup: object) -> Found:
    return Found([Match(item("cake"), 0.8)])


async def makes_cake(_order: object) -> list[Made]:
    return [Made(item("new", origin="generated", model_version="v"), 1, 0.3)]


async def never_ends(*_: object) -> None:
    await asyncio.sleep(60)


def fails_with(error: Exception) -> Answer:
    async def fail(*_: object) -> None:
        raise error

    return fail


Composing = Callable[[Answer, Answer], Coroutine[Any, Any, tuple[Suggest, Deployment]]]


@pytest.fixture
async def composing(tmp_path: Path) -> Composing:
    """Makes the composing deployment with a real store, in front of an index and a sticker generator."""
    settings = AppSettings.load(DEFAULT_CONFIG, tmp_path)
    await migrate(settings.store.database_url)

    async def make(index: Answer, sticker: Answer) -> tuple[Suggest, Deployment]:
        generator, suggest = Deployment(sticker), Suggest.__new__(Suggest)
        await suggest.__init__(settings.suggest, settings.store, Deployment(index), {"sticker": generator})  # type: ignore[misc]
        return suggest, generator

    return make


def request(**changes: Any) -> SuggestRequest:
    return SuggestRequest(**({"n_gram_string": "cake", "user_id": "u-1", "deadline_ms": 2000} | changes))


async def test_index_and_generator_are_merged_into_one_slate(composing: Composing) -> None:
    suggest, _ = await composing(finds_cake, makes_cake)
    slate = await suggest.suggest(request())
    assert {(each.item_id, each.source) for each in slate.items} == {
        ("cake", "index"),
        ("new", "generated"),
    }


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("out of memory"), "sticker: failed (RuntimeError)"),
        (TimeoutError(), "sticker: timed out"),
        (UnusablePromptError("no words"), "sticker: no words"),
        (BackPressureError(num_queued_requests=9, max_queued_requests=9), "sticker: busy"),
    ],
)
async def test_a_failed_generator_degrades_the_answer_and_does_not_break_it(
    composing: Composing, error: Exception, reason: str
) -> None:
    suggest, _ = await composing(finds_cake, fails_with(error))
    slate = await suggest.suggest(request())
    assert [each.item_id for each in slate.items] == ["cake"]
    assert slate.degraded == (reason,)
    assert "out of memory" not in slate.model_dump_json()


async def made_earlier(lookup: Lookup) -> Found:
    return Found(
        [Match(item(f"old-{n}", origin="generated", owner_id=lookup.user_id), 1.0) for n in range(2)]
    )


async def test_unseen_media_that_were_made_earlier_are_used_before_new_ones_are_made(
    composing: Composing,
) -> None:
    suggest, generator = await composing(made_earlier, makes_cake)
    first = await suggest.suggest(request(generation_count=2))
    assert (len(generator.calls), {each.item_id for each in first.items}) == (0, {"old-0", "old-1"})
    await logged(suggest)
    await suggest.suggest(request(generation_count=2))
    assert len(generator.calls) == 1, "what was shown is not new any more"


async def test_always_makes_new_media_and_only_what_is_missing_is_ordered(composing: Composing) -> None:
    orders: list[Order] = []

    async def remember(order: Order) -> list[Made]:
        orders.append(order)
        return []

    suggest, _ = await composing(made_earlier, remember)
    await suggest.suggest(request(generation_count=3, user_id="u-2"))
    await suggest.suggest(request(generation_count=3, user_id="u-3", generate="always"))
    assert [len(order.seeds) for order in orders] == [1, 3]
    assert [order.lettering for order in orders] == [True, True]


async def test_what_is_made_leans_to_stated_interests_unless_the_person_says_no(
    composing: Composing,
) -> None:
    orders: list[Order] = []

    async def remember(order: Order) -> list[Made]:
        orders.append(order)
        return []

    suggest, _ = await composing(finds_cake, remember)
    suggest.people.embed = likes_cats
    for user_id, personalize in (("ann", True), ("bob", False)):
        profile = Profile(interests=("cats",), personalize=personalize)
        await suggest.people.store.put_profile(user_id, profile)
        await suggest.suggest(request(user_id=user_id))
    await suggest.suggest(request(user_id="stranger"))
    assert [order.leaning is not None for order in orders] == [True, False, False]
    assert orders[0].interests == ("cats",)
    chosen = [{choice.probability for choice in order.choices} for order in orders]
    assert chosen[1] == {1.0}
    assert max(chosen[2]) < 0.5


async def test_the_young_find_and_are_made_nothing_above_pg_whatever_their_client_asks(
    composing: Composing,
) -> None:
    orders: list[Order] = []

    async def remember(order: Order) -> list[Made]:
        orders.append(order)
        return []

    async def finds_rated(lookup: Lookup) -> Found:
        (match,) = (await finds_cake(lookup)).matches
        rated = {"embedding": None, "emoji": None}
        return Found(
            [
                replace(match, item=replace(match.item, item_id=each, rating=each, alt_text=each, **rated))
                for each in ("g", "pg-13", "r")
            ]
        )

    suggest, _ = await composing(finds_rated, remember)
    young = Profile(demographics={"age_band": "13-17"}, personalize=False)
    await suggest.people.store.put_profile("kid", young)
    shown = {}
    for user_id in ("kid", "adult"):
        slate = await suggest.suggest(request(user_id=user_id, rating="r"))
        shown[user_id] = {item.rating for item in slate.items}
    assert shown["kid"] == {"g"}
    assert "r" in shown["adult"]
    assert [order.rating for order in orders] == ["pg", "r"]


async def likes_cats(_text: str) -> NDArray[np.float32]:
    return np.eye(384, dtype=np.float32)[0]


async def test_types_without_a_generator_are_named_when_generation_was_insisted_on(
    composing: Composing,
) -> None:
    suggest, _ = await composing(finds_cake, makes_cake)
    slate = await suggest.suggest(request(generate="always", media_types=("audio",)))
    assert slate.degraded == ("audio: no generator here",)
    assert (await suggest.suggest(request(media_types=("audio",)))).degraded == ()


async def test_a_failed_index_still_lets_new_media_through(composing: Composing) -> None:
    suggest, _ = await composing(fails_with(RuntimeError("no index")), makes_cake)
    slate = await suggest.suggest(request())
    assert [each.item_id for each in slate.items] == ["new"]
    assert slate.degraded == ("index: failed (RuntimeError)",)


async def test_nothing_at_all_is_still_a_slate(composing: Composing) -> None:
    suggest, _ = await composing(fails_with(RuntimeError()), fails_with(RuntimeError()))
    slate = await suggest.suggest(request())
    assert slate.items == ()
    assert len(slate.degraded) == 2


async def test_a_slow_generator_is_pending_at_the_deadline_and_goes_on(composing: Composing) -> None:
    suggest, generator = await composing(finds_cake, never_ends)
    slate = await asyncio.wait_for(suggest.suggest(request(deadline_ms=100)), 2)
    assert slate.pending == ("sticker",)
    assert not generator.calls[0].done()


async def test_a_stream_that_is_closed_cancels_its_generation(composing: Composing) -> None:
    suggest, generator = await composing(finds_cake, never_ends)
    stream = suggest.stream(request())
    assert (await anext(stream)).pending == ("sticker",)
    await asyncio.sleep(0)
    await stream.aclose()
    await asyncio.sleep(0.01)
    assert generator.calls[0].cancelled()


async def test_a_newer_call_of_the_same_message_cancels_the_older_generation(composing: Composing) -> None:
    suggest, generator = await composing(finds_cake, never_ends)
    older = suggest.stream(request(), "message")
    await anext(older)
    await suggest.suggest(request(generate="never"), "message")
    assert (await anext(older)).degraded == ("sticker: superseded by a newer call",)
    assert generator.calls[0].cancelled()
    assert len(suggest.compositions) == 0


async def test_messages_of_different_people_do_not_cancel_each_other() -> None:
    compositions = Compositions()
    tasks = [asyncio.create_task(never_ends()) for _ in range(2)]
    compositions.supersede(("ann", "message"), tasks[:1])
    compositions.supersede(("bob", "message"), tasks[1:])
    await asyncio.sleep(0)
    assert not any(task.cancelling() for task in tasks)
    for task in tasks:
        task.cancel()


async def test_a_stream_beats_while_it_waits_and_ends_with_done(composing: Composing) -> None:
    suggest, _ = await composing(finds_cake, makes_cake)
    slate = await suggest.suggest(request(generate="never"))

    async def slow() -> AsyncIterator[Slate]:
        await asyncio.sleep(0.35)
        yield slate

    events = [event async for event in slate_events(slate, slow(), lambda each: each)]
    assert events[0].startswith(b"event: slate")
    assert events.count(HEARTBEAT) == 3
    assert events[-2].startswith(b"event: slate")
    assert events[-1].startswith(b"event: done")


async def test_nothing_is_logged_of_a_stream_that_its_reader_left(
    composing: Composing, caplog: pytest.LogCaptureFixture
) -> None:
    suggest, _ = await composing(finds_cake, makes_cake)
    slate = await suggest.suggest(request(generate="never"))

    async def as_of_ray() -> AsyncIterator[Slate]:
        try:
            await never_ends()
        except asyncio.CancelledError:
            raise RequestCancelledError("call") from None
        yield slate

    events = slate_events(slate, as_of_ray(), lambda each: each)
    assert [await anext(events) for _ in range(2)][1] == HEARTBEAT
    await events.aclose()
    await asyncio.sleep(0.05)
    gc.collect()
    assert "never retrieved" not in caplog.text


async def logged(suggest: Suggest) -> list[Any]:
    """The impressions, once none waits to be written."""
    while suggest.impressions.waiting:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    async with suggest.people.store.engine.connect() as connection:
        return list(await connection.execute(select(impressions).order_by(impressions.c.slate)))


async def test_an_answer_is_logged_whole_and_its_unseen_first_slate_is_not(composing: Composing) -> None:
    suggest, _ = await composing(finds_cake, makes_cake)
    slate = await suggest.suggest(request(), "message")
    (row,) = await logged(suggest)
    assert (row.suggestion_id, row.n_gram, row.user_id) == (slate.suggestion_id, "cake", "u-1")
    assert (row.composition_id, row.policy_version) == ("message", slate.policy_version)
    assert [(shown[0], shown[3]) for shown in row.shown] == [(i.item_id, i.propensity) for i in slate.items]
    assert {candidate["item_id"] for candidate in row.candidates} == {"cake", "new"}
    by_id = {candidate["item_id"]: candidate for candidate in row.candidates}
    assert all(by_id[item.item_id]["total"] == item.scores.total for item in slate.items)
    assert row.latency_ms > 0


async def test_every_slate_of_a_stream_is_logged(composing: Composing) -> None:
    suggest, _ = await composing(finds_cake, makes_cake)
    slates = [slate async for slate in suggest.stream(request())]
    rows = await logged(suggest)
    assert [row.slate for row in rows] == [0, 1]
    assert [[shown[0] for shown in row.shown] for row in rows] == [
        [item.item_id for item in slate.items] for slate in slates
    ]
    assert [row.pending for row in rows] == [["sticker"], []]


async def test_the_log_waits_for_a_store_that_is_away(composing: Composing) -> None:
    suggest, _ = await composing(finds_cake, makes_cake)
    add, suggest.impressions.log.add = suggest.impressions.log.add, fails_with(OSError("away"))  # type: ignore[method-assign]
    await suggest.suggest(request(generate="never"))
    await asyncio.sleep(0.1)
    assert len(suggest.impressions.waiting) == 1
    suggest.impressions.log.add = add  # type: ignore[method-assign]
    assert len(await logged(suggest)) == 1


async def test_a_store_of_people_that_fails_degrades_the_answer(composing: Composing) -> None:
    suggest, _ = await composing(finds_cake, makes_cake)
    suggest.people.store.profile = fails_with(OSError("away"))  # type: ignore[method-assign]
    slate = await suggest.suggest(request(generate="never"))
    assert [item.item_id for item in slate.items] == ["cake"]
    assert slate.degraded == ("person: failed (OSError)",)


async def test_strangers_are_shown_what_others_chose_first(composing: Composing) -> None:
    async def finds_two(_lookup: object) -> Found:
        return Found([Match(item("cake", emoji="c"), 0.8), Match(item("pie", emoji="p"), 0.8)])

    suggest, _ = await composing(finds_two, makes_cake)
    await suggest.popular.refresh()
    engine = suggest.people.store.engine
    for user_id in ("ann", "bob", "eve"):
        slate = await suggest.suggest(request(user_id=user_id, generate="never"))
        await logged(suggest)
        await FeedbackLog(engine, "test").record(
            [Feedback(str(ULID()), slate.suggestion_id, "pie", "select", time.time())]
        )
    await suggest.popular.refresh()
    slate = await suggest.suggest(request(user_id="stranger", generate="never"))
    preferences = {each.item_id: each.scores.user_preference for each in slate.items}
    assert preferences["cake"] == 0.5 < preferences["pie"]


async def test_what_people_pass_over_sinks_for_a_learned_policy(composing: Composing) -> None:
    async def finds_two(_lookup: object) -> Found:
        return Found([Match(item("cake", emoji="c"), 0.8), Match(item("pie", emoji="p"), 0.8)])

    suggest, _ = await composing(finds_two, makes_cake)
    engine = suggest.people.store.engine
    for user_id in ("ann", "bob", "eve"):
        slate = await suggest.suggest(request(user_id=user_id, generate="never"))
        await logged(suggest)
        event = Feedback(str(ULID()), slate.suggestion_id, "pie", "select", time.time())
        await FeedbackLog(engine, "test").record([event])
    await suggest.popular.refresh_lifts()
    await suggest.suggest(request(user_id="stranger", generate="never"))
    await logged(suggest)
    async with engine.connect() as connection:
        rows = (await connection.execute(select(impressions))).mappings().all()
    (row,) = [row for row in rows if row["user_id"] == "stranger"]
    lifts = {
        each["item_id"]: decode(each["features"])[NAMES.index("item_lift")] for each in row["candidates"]
    }
    assert lifts["cake"] < 0.0 < lifts["pie"]


async def finds_a_beginning(_lookup: object) -> Found:
    return Found([Match(item("cake"), 0.5, completion="happy birthday"), Match(item("pie"), 0.2)])


async def test_the_likeliest_completion_is_ordered_ahead_once_for_each_person(composing: Composing) -> None:
    orders: list[Order] = []

    async def remember(order: Order) -> list[Made]:
        orders.append(order)
        return await makes_cake(order)

    suggest, _ = await composing(finds_a_beginning, remember)
    for user_id in ("ann", "ann", "bob"):
        await suggest.suggest(request(n_gram_string="happy birthd", user_id=user_id))
        await asyncio.sleep(0.01)
    ahead = [order for order in orders if order.ahead]
    assert [(order.user_id, order.prompt) for order in ahead] == [
        ("ann", "happy birthday"),
        ("bob", "happy birthday"),
    ]


async def test_nothing_is_ordered_ahead_of_whole_words_nor_when_generation_is_not_wanted(
    composing: Composing,
) -> None:
    suggest, generator = await composing(made_earlier, makes_cake)
    await suggest.suggest(request(generation_count=1))
    suggest.index.search.answer = finds_a_beginning
    await suggest.suggest(request(generate="never"))
    await suggest.suggest(request(n_gram_string="", generate="never"))
    await asyncio.sleep(0.01)
    assert generator.calls == []


async def test_the_mood_follows_what_the_index_says_of_the_words(composing: Composing) -> None:
    orders: list[Order] = []

    async def remember(order: Order) -> list[Made]:
        orders.append(order)
        return []

    async def finds_joy(lookup: Lookup) -> Found:
        return Found((await finds_cake(lookup)).matches, (0.9, 0.0, 0.0, 0.0))

    suggest, _ = await composing(finds_joy, remember)
    await suggest.suggest(request())
    (known_C,) = {choice.occasion for choice in orders[0].choices}
    assert decode_occasion(known_C)[KNOWN.index("joyful_fit")] == pytest.approx(0.9, abs=1e-3)
