"""Feedback on the wire."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from deployments.messages import Message
from store.feedback import Outcome
from store.impression import Action


class FeedbackEvent(Message):
    """What a person did with one suggestion."""

    event_id: UUID = Field(description="Made by the client; the same one is recorded once.")
    suggestion_id: str = Field(max_length=64, description="The slate's.")
    item_id: str = Field(max_length=256, description="The item's.")
    action: Action = Field(description="What they did.")
    at: AwareDatetime = Field(description="When, in RFC 3339 with a time zone.")


class FeedbackAnswer(Message):
    """Whether the event was new. An answer means that it is on disk."""

    recorded: bool


class FeedbackBatch(Message):
    """What people did, collected by a backend."""

    events: tuple[FeedbackEvent, ...] = Field(min_length=1, max_length=256, description="In any order.")


class FeedbackBatchAnswer(Message):
    """What became of each event, in the order sent. What is `recorded` or `repeated` is on disk."""

    outcomes: tuple[Outcome, ...]
