"""The model that serves, and how another one takes its place while calls go on."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from store.serving import Serving

logger = logging.getLogger("ray.serve.gramoji.live")
UserConfig = dict[str, Any]
AGAIN_S = 60.0


class Versioned(Protocol):
    """What can be live."""

    @property
    def version(self) -> str:
        """Another one makes, or ranks, otherwise."""
        ...


M = TypeVar("M", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Other:
    """A version that is not the live one, and what it is for."""

    version: str
    status: Literal["canary", "control", "shadow", "taken back"]
    share: float | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class LiveState:
    """The version that serves, whether another is being loaded, why the last one that was told was refused, and which
    others there are.
    """

    version: str
    loading: bool = False
    refused: str | None = None
    others: tuple[Other, ...] = ()


def others(serving: Serving, beside: str | None, said: str) -> list[Other]:
    """Of what `serving` says, the version `beside` the live one, how it does, and what was taken back last."""
    found = []
    if beside is not None and serving.beside is not None:
        found.append(Other(beside, serving.beside.role, serving.beside.share, said))
    if serving.taken_back is not None:
        found.append(Other(serving.taken_back.version, "taken back", None, serving.taken_back.reason))
    return found


class Live(Generic[M]):
    """One model at a time. What is told first must load; what is told later replaces it only if it loads.

    Serve sends a replica no calls until its `reconfigure` returns, and stops it if that raises: so a later model is
    loaded in a task of its own, while the one before it serves. Both are in memory for that time.
    """

    def __init__(
        self,
        load: Callable[[UserConfig], M],
        up_to_date: Callable[[UserConfig], UserConfig] = lambda told: told,
    ) -> None:
        self._load = load
        self._up_to_date = up_to_date  # what is told, with what a registry says now
        self._given: UserConfig = {}
        self._asked: UserConfig = {}
        self._model: M | None = None
        self._told: UserConfig = {}
        self._loading: asyncio.Task[None] | None = None
        self._refused: str | None = None
        self._again_at = 0.0  # what was refused may only have been out of reach

    @property
    def model(self) -> M:
        """What serves now. Take it once for what belongs together: it may be another one after an `await`."""
        if self._model is None:
            raise RuntimeError("no model yet: a deployment is told its model by `user_config`")
        return self._model

    @property
    def state(self) -> LiveState:
        """What `GET /v1/models` says."""
        return LiveState(self.model.version, self._loading is not None, self._refused)

    async def take(self, told: UserConfig) -> None:
        """Load what is told; when this returns, it is live if it is the first, and on its way if not."""
        self._given = told
        await self._ask(await asyncio.to_thread(self._up_to_date, told))

    async def refresh(self) -> bool:
        """Load what was told last again if the registry says otherwise now, or a minute after it was refused;
        whether it did, once that is settled.
        """
        given = self._given
        asked = await asyncio.to_thread(self._up_to_date, given)
        again = self._refused is not None and time.monotonic() >= self._again_at
        if (asked == self._asked and not again) or given is not self._given or self._loading is not None:
            return False
        await self._ask(asked)
        await self.settled()
        return True

    async def _ask(self, asked: UserConfig) -> None:
        self._asked = asked
        if self._model is None:
            self._model, self._told = await asyncio.to_thread(self._load, asked), asked
            return
        if self._loading is not None:
            self._loading.cancel()  # the last one told wins
        self._loading = asyncio.create_task(self._replace(asked))

    async def settled(self) -> LiveState:
        """The state, once nothing is being loaded."""
        while self._loading is not None:
            await asyncio.wait([self._loading])
        return self.state

    async def _replace(self, told: UserConfig) -> None:
        try:
            if told != self._told:
                self._model, self._told = await asyncio.to_thread(self._load, told), told
            self._refused = None
        except Exception as error:
            self._refused = f"{type(error).__name__}: {error}"
            self._again_at = time.monotonic() + AGAIN_S
            logger.error("not swapped, %s still serves: %s", self.model.version, self._refused)
        finally:
            if self._loading is asyncio.current_task():
                self._loading = None
