"""One question to all shards of the index at once; whoever does not answer in time is left out and named."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deployments.lookup import Lookup
from deployments.reasons import reason
from deployments.shard import Hit, to_query
from ranking.index import best_matches
from ranking.survey import merge


class FanOut:
    """Handles of shards by number."""

    def __init__(self, handles: Mapping[int, Any], timeout_ms: float) -> None:
        self.handles = handles
        self.timeout_s = timeout_ms / 1000

    async def search(
        self, lookups: Sequence[Lookup], vectors_QD: NDArray[np.float32]
    ) -> tuple[list[list[Hit]], tuple[str, ...]]:
        """The best hits of each lookup, and which shards are missing and why.

        Shards first tell how common and how near everything is with them, so that then each can judge as one index would.
        A shard has `timeout_ms` for each of the two; who misses the first is not asked again.
        """
        surveys, missing = await self._ask(self.handles, "survey", lookups, vectors_QD)
        if not surveys:
            return [[] for _ in lookups], _named(missing)
        of_all = [merge(each) for each in zip(*surveys.values(), strict=True)]
        parts, late = await self._ask(surveys, "search", lookups, vectors_QD, of_all)
        found = [
            _best(lookup, [hit for part in parts.values() for hit in part[at]])
            for at, lookup in enumerate(lookups)
        ]
        return found, _named(missing | late)

    async def count(self) -> tuple[int, tuple[str, ...]]:
        """The number of items in all shards, and which shards are missing and why."""
        answers, missing = await self._ask(self.handles, "check")
        return sum(answers.values()), _named(missing)

    async def _ask(
        self, numbers: Iterable[int], method: str, *arguments: Any
    ) -> tuple[dict[int, Any], dict[int, str]]:
        """The answers that come in time, by shard, and why the others are missing."""
        numbers = sorted(numbers)
        calls = (self._call(number, method, arguments) for number in numbers)
        answers = dict(zip(numbers, await asyncio.gather(*calls, return_exceptions=True), strict=True))
        missing = {
            number: reason(error) for number, error in answers.items() if isinstance(error, BaseException)
        }
        return {number: answer for number, answer in answers.items() if number not in missing}, missing

    async def _call(self, number: int, method: str, arguments: tuple[Any, ...]) -> Any:
        response = getattr(self.handles[number], method).remote(*arguments)
        try:
            async with asyncio.timeout(self.timeout_s):
                return await response
        except TimeoutError:
            response.cancel()
            raise


def _best(lookup: Lookup, hits: Sequence[Hit]) -> list[Hit]:
    by_id = {hit.match.item_id: hit for hit in hits}
    best = best_matches((hit.match for hit in by_id.values()), to_query(lookup, None))
    return [by_id[match.item_id] for match in best]


def _named(missing: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(f"index shard {number}: {why}" for number, why in sorted(missing.items()))
