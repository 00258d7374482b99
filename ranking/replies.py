"""What to answer to the other person's message: the phrase whose known messages mean the same."""

# M: known messages, D: embedding dimension (384)

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

Encode = Callable[[Sequence[str]], NDArray[np.float32]]

REPLIES_FILE = Path(__file__).parent.parent / "catalog" / "replies.yaml"
ALIKE = 0.45  # the least cosine of two messages that ask for the same answer; see benchmarks/replies.py


class Replies:
    """Phrases, each with messages that it answers, as unit vectors."""

    def __init__(self, answered: Mapping[str, Sequence[str]], encode: Encode) -> None:
        self.phrases = [phrase for phrase, messages in answered.items() for _ in messages]
        self.vectors_MD = encode([message for messages in answered.values() for message in messages])

    def to(self, message_D: NDArray[np.float32]) -> str | None:
        """The phrase that answers a message, a unit vector (D,); None if no known message is like it."""
        cosines_M = self.vectors_MD @ message_D
        nearest = int(cosines_M.argmax())
        return self.phrases[nearest] if cosines_M[nearest] >= ALIKE else None


def load_replies(path: Path = REPLIES_FILE) -> dict[str, list[str]]:
    """The phrases with their messages; ValueError names what is not a list of texts."""
    read: dict[str, list[str]] = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # `no` is a text
    for phrase, messages in read.items():
        if not isinstance(messages, list) or not all(isinstance(message, str) for message in messages):
            raise ValueError(f"{path.name}: {phrase!r} is {messages!r}; allowed is a list of messages")
    return read
