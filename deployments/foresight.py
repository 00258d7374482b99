"""Ahead of the typing: what is probably being typed is made while nobody waits, and is there when it was typed."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress

from deployments.gathering import Gathering
from deployments.order import Made, Order
from deployments.ordering import WHOLE, order_for
from deployments.policies import Policies
from models.generation import UnusablePromptError

REMEMBERED = 10_000
COUNT = 2

Make = Callable[[Order], Awaitable[list[Made]]]


class Foresight:
    """Remembers what was foreseen for whom, so that each keystroke of a phrase does not make it again."""

    def __init__(self, make: Make) -> None:
        self.make = make
        self._foreseen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def look_ahead(self, gathering: Gathering, policies: Policies) -> None:
        """Have the likeliest completion made in idle time, once for each person."""
        phrase = completion(gathering)
        if phrase is None or gathering.request.generate != "auto":
            return
        key = gathering.request.user_id, phrase
        if key in self._foreseen:
            return
        self._foreseen[key] = None
        if len(self._foreseen) > REMEMBERED:
            self._foreseen.popitem(last=False)
        order = order_for(gathering, phrase, COUNT, "sticker", policies, ahead=True)
        task = asyncio.create_task(self._make(order, key, list(gathering.pending.values())))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(
        self, order: Order, key: tuple[str, str], before: list[asyncio.Task[list[Made]]]
    ) -> None:
        """After what the person themselves waits for; not at all if they typed on meanwhile."""
        if before:
            await asyncio.wait(before)
        made: list[Made] = []
        if not any(task.cancelled() for task in before):
            with suppress(UnusablePromptError):
                made = await self.make(order)
        if not made:
            self._foreseen.pop(key, None)  # it may be tried again when there is time


def completion(gathering: Gathering) -> str | None:
    """The phrase that the typed text most likely begins; None if it is whole, or begins nothing known."""
    if not gathering.request.n_gram_string.strip():
        return None
    known = (match for match in gathering.matches if match.item.origin != "generated")
    if any(match.index_match >= WHOLE for match in known):
        return None
    begun = [match for match in gathering.matches if match.completion]
    return max(begun, key=lambda match: match.index_match).completion if begun else None
