"""Which items are whose, where several hold the index together."""

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """The items whose hash falls to `number` of `of`; one of one has all."""

    number: int = 0
    of: int = 1

    def has(self, item_id: str) -> bool:
        """Whether an item is in it; the same on every machine and for ever."""
        return zlib.crc32(item_id.encode()) % self.of == self.number
