"""What a learned policy knows of each candidate; the log keeps it as it was at the decision."""

# N: candidates, F: features

import base64
import math
from collections.abc import Sequence
from typing import get_args

import numpy as np

from catalog.items import MediaType
from ranking.candidates import Candidate
from ranking.lift import Habits
from ranking.network import Halves
from ranking.scores import Scores
from ranking.taste import Ideal, closeness

VERSION = 2  # of NAMES and their meaning; a policy reads the features of its own version only
MEDIA_TYPES: tuple[MediaType, ...] = get_args(MediaType)
NAMES = (
    *("total", "index_match", "gme_relevance", "user_preference", "novelty"),  # the scores; 0 if not judged
    *("is_found", "is_judged", "is_generated"),
    *(f"is_{media_type}" for media_type in MEDIA_TYPES),
    *("popularity", "closeness", "type_affinity", "source_affinity"),  # closeness: its cosine to the ideal
    *("item_lift", "type_lift", "source_lift"),  # ranking/lift.py
    "known",  # the length of the ideal: 0 for a stranger
    *("words", "letters", "hour_sin", "hour_cos"),  # of the n-gram, and of the day in UTC
)
LONGEST_WORDS, LONGEST_LETTERS, DAY_S = 8, 64, 86_400


def features(
    candidates: Sequence[Candidate],
    scores: Sequence[Scores],
    ideal: Ideal,
    habits: Habits,
    n_gram: str,
    now_s: float,
) -> Halves:
    """The features [N, F] in half precision: a policy ranks by exactly the numbers that are logged."""
    known = 0.0 if ideal.embedding is None else min(1.0, float(np.linalg.norm(ideal.embedding)))
    angle = 2.0 * math.pi * (now_s % DAY_S) / DAY_S
    context = (
        known,
        min(1.0, len(n_gram.split()) / LONGEST_WORDS),
        min(1.0, len(n_gram) / LONGEST_LETTERS),
        math.sin(angle),
        math.cos(angle),
    )
    lifts = habits.lifts()
    rows = [
        (
            *(judged.total, judged.index_match or 0.0, judged.gme_relevance or 0.0),
            *(judged.user_preference, judged.novelty),
            judged.index_match is not None,
            judged.gme_relevance is not None,
            candidate.source == "generated",
            *(candidate.media_type == media_type for media_type in MEDIA_TYPES),
            *(candidate.popularity, closeness(ideal, candidate)),
            ideal.by_type.get(candidate.media_type, 0.5),
            ideal.by_source.get(candidate.source, 0.5),
            *(candidate.lift, lifts.get(candidate.media_type, 0.0), lifts.get(candidate.source, 0.0)),
            *context,
        )
        for candidate, judged in zip(candidates, scores, strict=True)
    ]
    return np.array(rows, dtype=np.float16).reshape(len(rows), len(NAMES))


def encode(features_F: bytes) -> str:
    """The features of one candidate as text for the log: the version, then the numbers in base64."""
    return f"{VERSION}:{base64.b64encode(features_F).decode()}"


def decode(text: str) -> Halves:
    """Features [F] from the log; ValueError if they are of another version."""
    version, _, numbers = text.partition(":")
    if version != str(VERSION):
        raise ValueError(f"features are of version {version}; this reads version {VERSION}")
    return np.frombuffer(base64.b64decode(numbers), dtype="<f2")
