"""The feedback endpoints: durable when they answer, and once for each event."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from ray import serve

from deployments.caller import TENANT, of_caller
from deployments.feedback_messages import FeedbackAnswer, FeedbackBatch, FeedbackBatchAnswer, FeedbackEvent
from deployments.problems import HttpProblem, invalid
from deployments.showing_metrics import SelectionMetrics
from store.feedback import Feedback, FeedbackLog, Outcome
from store.media import MediaStore

# A slate is logged just after it went out, or a second after a store that was away is back.
LOOKS, LOOK_AGAIN_S = 4, 0.5


class FeedbackRoutes:
    """Events that arrive together are committed together."""

    def __init__(self, log: FeedbackLog, media: MediaStore) -> None:
        self.log = log
        self.media = media
        self.metrics = SelectionMetrics()

    async def record(self, body: FeedbackEvent) -> FeedbackAnswer:
        """Record what a person did with one suggestion."""
        outcome = await self._outcome(body)
        match outcome:
            case "recorded" | "repeated":
                return FeedbackAnswer(recorded=outcome == "recorded")
            case "unknown suggestion" | "unknown item":
                raise HttpProblem(404, outcome.capitalize(), _told(outcome, body))
            case "in the future" | "before it was shown":
                told = outcome.replace("it", "the item")
                raise invalid("at", f"{body.at.isoformat()} is {told}")

    async def record_batch(self, body: FeedbackBatch) -> FeedbackBatchAnswer:
        """Record many events in one call, for backends that collect them; each has an outcome, in the order sent."""
        outcomes = await asyncio.gather(*map(self._outcome, body.events))
        return FeedbackBatchAnswer(outcomes=tuple(outcomes))

    async def _outcome(self, body: FeedbackEvent) -> Outcome:
        event = Feedback(
            event_id=of_caller(str(body.event_id)),
            suggestion_id=body.suggestion_id,
            item_id=body.item_id,
            action=body.action,
            at_s=body.at.timestamp(),
            tenant=TENANT.get(),
        )
        return await once_it_is_logged(event, self._record_together)

    @serve.batch(max_batch_size=256, batch_wait_timeout_s=0.002)
    async def _record_together(self, events: list[Feedback]) -> list[Outcome]:
        outcomes = await self.log.record(events)
        taken = [
            event.item_id
            for event, outcome in zip(events, outcomes, strict=True)
            if outcome == "recorded" and event.action in ("select", "share")
        ]
        items = await self.media.get(taken)
        self.metrics.selected(items[item_id] for item_id in taken if item_id in items)
        return outcomes


async def once_it_is_logged(event: Feedback, record: Callable[[Feedback], Awaitable[Outcome]]) -> Outcome:
    """Record an event; one whose slate is not logged is tried again a few times."""
    outcome = await record(event)
    for _ in range(LOOKS - 1):
        if outcome == "unknown suggestion":
            await asyncio.sleep(LOOK_AGAIN_S)
            outcome = await record(event)
    return outcome


def add_feedback_routes(app: FastAPI, log: FeedbackLog, media: MediaStore) -> None:
    """Add `/v1/feedback` to the application."""
    routes = FeedbackRoutes(log, media)
    app.post("/v1/feedback", response_model=FeedbackAnswer)(routes.record)
    app.post("/v1/feedback/batch", response_model=FeedbackBatchAnswer)(routes.record_batch)


def _told(outcome: Outcome, body: FeedbackEvent) -> str:
    if outcome == "unknown suggestion":
        return f"suggestion_id {body.suggestion_id!r}: no such suggestion"
    return f"item_id {body.item_id!r}: not an item of suggestion {body.suggestion_id!r}"
