"""Messages being typed: a newer keystroke cancels what an older one of the same message still generates."""

import asyncio
from collections.abc import Iterable

Key = tuple[str, str]


class Compositions:
    """The running generations of each composition (user id, `X-Composition-Id`)."""

    def __init__(self) -> None:
        self._running: dict[Key, set[asyncio.Task[object]]] = {}

    def supersede(self, key: Key | None, tasks: Iterable[asyncio.Task[object]]) -> None:
        """Cancel what the composition still runs, and let `tasks` take its place."""
        if key is None:
            return
        for task in self._running.pop(key, set()):
            task.cancel()
        for task in tasks:
            self._running.setdefault(key, set()).add(task)
            task.add_done_callback(lambda done: self._forget(key, done))

    def __len__(self) -> int:
        return len(self._running)

    def _forget(self, key: Key, task: asyncio.Task[object]) -> None:
        running = self._running.get(key, set())
        running.discard(task)
        if not running:
            self._running.pop(key, None)
