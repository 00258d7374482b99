"""Short texts said aloud: the hibari voice from its PyPI package, English, 24 kHz."""

import unicodedata

import numpy as np
from hibari import SAMPLE_RATE, Hibari
from numpy.typing import NDArray

from models.generation import UnusablePromptError

__all__ = ["SAMPLE_RATE", "Speech"]

MAX_CHARACTERS = 60  # about 4 s


class Speech:
    """One voice, loaded once. Its weights come inside the package."""

    def __init__(self, threads: int = 1) -> None:
        self._voice = Hibari(threads=threads)

    def say(self, text: str, speed: float, seed: int) -> NDArray[np.float32]:
        """Mono samples at `SAMPLE_RATE` of the words in the text; UnusablePromptError if there are none."""
        words = speakable(text)
        if not words:
            raise UnusablePromptError("there are no English words to say")
        samples: NDArray[np.float32] = self._voice(words, speed, seed % 2**32)
        return samples


def speakable(text: str) -> str:
    """The Latin letters, digits and punctuation of the text, cut at a word if it is long."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    kept = " ".join("".join(char if char.isascii() else " " for char in plain).split())
    if not any(map(str.isalnum, kept)):
        return ""
    return kept if len(kept) <= MAX_CHARACTERS else kept[:MAX_CHARACTERS].rsplit(" ", 1)[0]
