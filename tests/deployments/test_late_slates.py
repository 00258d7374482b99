"""Feedback may come sooner than the slate that it is about is logged."""

import asyncio
import time

from deployments.feedback import once_it_is_logged
from store.feedback import Feedback, FeedbackLog, Outcome
from store.impressions import ImpressionLog
from store.media import MediaStore
from tests.store.test_people import impression


async def tell(store: MediaStore) -> Outcome:
    """That somebody selected what they were shown."""
    log = FeedbackLog(store.engine, "test")
    event = Feedback("event", "s-1", "cake", "select", time.time())

    async def record(event: Feedback) -> Outcome:
        (outcome,) = await log.record([event])
        return outcome

    return await once_it_is_logged(event, record)


async def test_a_slate_that_is_logged_a_second_late_can_be_told_of(store: MediaStore) -> None:
    telling = asyncio.create_task(tell(store))
    await asyncio.sleep(1)
    assert not telling.done()
    await ImpressionLog(store.engine, "test").add([impression("s-1")])
    assert await telling == "recorded"


async def test_what_nobody_was_shown_is_unknown(store: MediaStore) -> None:
    assert await tell(store) == "unknown suggestion"
