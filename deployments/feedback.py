"""The feedback endpoint: durable when it answers, and once for each event."""

import asyncio
import time

from fastapi import FastAPI
from ray import serve

from deployments.messages import FeedbackAnswer, FeedbackEvent
from deployments.problems import HttpProblem
from store.feedback import CLOCK_SKEW_S, Feedback, FeedbackLog, Outcome

IMPRESSION_WITHIN_S = 0.5  # a slate is logged just after it went out


class FeedbackRoutes:
    """Events that arrive together are committed together."""

    def __init__(self, log: FeedbackLog) -> None:
        self.log = log

    async def record(self, body: FeedbackEvent) -> FeedbackAnswer:
        """Record what a person did with one suggestion."""
        if body.at.timestamp() > time.time() + CLOCK_SKEW_S:
            raise HttpProblem(422, "Invalid request", f"at: {body.at.isoformat()} is in the future")
        event = Feedback(
            str(body.event_id), body.suggestion_id, body.item_id, body.action, body.at.timestamp()
        )
        outcome: Outcome = await self._record_batch(event)
        if outcome == "unknown suggestion":
            await asyncio.sleep(IMPRESSION_WITHIN_S)
            outcome = await self._record_batch(event)
        if outcome in ("unknown suggestion", "unknown item"):
            raise HttpProblem(404, outcome.capitalize(), _told(outcome, body))
        if outcome == "before it was shown":
            raise HttpProblem(
                422, "Invalid request", f"at: {body.at.isoformat()} is before the item was shown"
            )
        return FeedbackAnswer(recorded=outcome == "recorded")

    @serve.batch(max_batch_size=256, batch_wait_timeout_s=0.002)
    async def _record_batch(self, events: list[Feedback]) -> list[Outcome]:
        return await self.log.record(events)


def add_feedback_routes(app: FastAPI, log: FeedbackLog) -> None:
    """Add `/v1/feedback` to the application."""
    app.post("/v1/feedback", response_model=FeedbackAnswer)(FeedbackRoutes(log).record)


def _told(outcome: Outcome, body: FeedbackEvent) -> str:
    if outcome == "unknown suggestion":
        return f"suggestion_id {body.suggestion_id!r}: no such suggestion"
    return f"item_id {body.item_id!r}: not an item of suggestion {body.suggestion_id!r}"
