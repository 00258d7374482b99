"""How people type: what is there after each key, and how long they wait before the next one.

Keys follow one another by a log-normal time (median 180 ms, twice as long after a word; compare Dhakal et al. 2018), and
before one word in three the person stops to think (median 1.5 s: writers pause longest where a phrase begins,
Chukharev-Hudilainen 2014).
"""

import math
import random
from collections.abc import Iterator

PHRASES = (
    "happy birthday", "good morning", "i love you", "see you tomorrow", "thank you so much", "good luck",
    "congratulations", "so tired today", "let's get coffee", "on my way",
)  # fmt: skip
THINKS = 1 / 3  # of the words, before which the person stops to think
READS_S = 1.5  # the answer, before the next message


def keystrokes(phrase: str, draw: random.Random) -> Iterator[tuple[str, float]]:
    """What is typed so far, and the seconds until the next key; 0 after the last one."""
    for end, key in enumerate(phrase, start=1):
        yield phrase[:end], _pause_s(key, draw) if end < len(phrase) else 0.0


def _pause_s(key: str, draw: random.Random) -> float:
    if key != " ":
        return draw.lognormvariate(math.log(0.18), 0.45)
    thinks = draw.random() < THINKS
    return draw.lognormvariate(math.log(1.5 if thinks else 0.36), 0.45)
