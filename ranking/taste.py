"""What a user likes: an exponentially decayed memory of what they selected and dismissed."""

# D: embedding dimension (384)

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from catalog.items import MediaType
from ranking.candidates import Candidate, Source

Trait = tuple[str, str]  # kind and value, such as ("style", "flat")

KNOWN_ENOUGH = 0.3  # the length of an ideal from which new media follow it: one selection and a bit
DISMISSAL = 0.25  # weight of a dismissed embedding against a selected one; Rocchio (1971), usual values


@dataclass(frozen=True, slots=True)
class Tally:
    """Decayed counts of selections and dismissals."""

    liked: float = 0.0
    disliked: float = 0.0

    def odds(self, prior: float) -> float:
        """Those of liking it, by the mean of the same posterior: 1 with no evidence."""
        return (self.liked + prior / 2) / (self.disliked + prior / 2)

    def affinity(self, prior: float) -> float:
        """The mean of a Beta posterior in [0, 1]; 0.5 with no evidence, `prior` pseudo-counts strong."""
        return (self.liked + prior / 2) / (self.liked + self.disliked + prior)


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """Sums over a user's feedback, each event weighing 2^(-age / half-life) at `updated_at_s`."""

    embedding: NDArray[np.float32] | None = None  # [D], the sum of unit embeddings, not itself unit
    by_type: Mapping[MediaType, Tally] = field(default_factory=dict)
    by_source: Mapping[Source, Tally] = field(default_factory=dict)
    by_trait: Mapping[Trait, Tally] = field(default_factory=dict)  # of what was generated
    evidence: float = 0.0
    updated_at_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Ideal:
    """A taste as of one moment, ready to judge many candidates."""

    embedding: NDArray[np.float32] | None  # [D], at most unit length
    by_type: Mapping[MediaType, float]
    by_source: Mapping[Source, float]
    odds: Mapping[Trait, float] = field(default_factory=dict)  # 1 where nothing is known


def update(
    taste: Taste,
    embedding: NDArray[np.float32] | None,
    media_type: MediaType,
    source: Source,
    at_s: float,
    half_life_s: float,
    traits: Iterable[Trait] = (),
) -> Taste:
    """Add a selection (or share) of one item at `at_s`, in seconds; late events may come in any order."""
    return _add(taste, embedding, media_type, source, at_s, half_life_s, traits, Tally(liked=1.0), 1.0)


def dismiss(
    taste: Taste,
    embedding: NDArray[np.float32] | None,
    media_type: MediaType,
    source: Source,
    at_s: float,
    half_life_s: float,
    traits: Iterable[Trait] = (),
) -> Taste:
    """Add a dismissal of one item at `at_s`."""
    return _add(
        taste, embedding, media_type, source, at_s, half_life_s, traits, Tally(disliked=1.0), -DISMISSAL
    )


def recall(
    taste: Taste,
    interests_D: NDArray[np.float32] | None,
    now_s: float,
    half_life_s: float,
    prior: float,
) -> Ideal:
    """Blend the taste as of `now_s` with the stated interests.

    The ideal is (s + k·u) / (|s| + k): s the decayed sum of embeddings, u the unit embedding of the
    interests (0 if there are none) and k = `prior`, so that interests count as k selections that
    never fade. Its length is at most 1 and says how much is known: 0 for a stranger.
    """
    decay = _decay(now_s - taste.updated_at_s, half_life_s)
    length, total_D = prior, None
    if interests_D is not None:
        total_D = prior * interests_D
    if taste.embedding is not None:
        faded_D = decay * taste.embedding
        length += float(np.linalg.norm(faded_D))
        total_D = faded_D if total_D is None else total_D + faded_D
    return Ideal(
        embedding=None if total_D is None else (total_D / length).astype(np.float32),
        by_type={key: _scaled(tally, decay).affinity(prior) for key, tally in taste.by_type.items()},
        by_source={key: _scaled(tally, decay).affinity(prior) for key, tally in taste.by_source.items()},
        odds={key: _scaled(tally, decay).odds(prior) for key, tally in taste.by_trait.items()},
    )


def leaning(ideal: Ideal) -> NDArray[np.float32] | None:
    """The unit vector [D] of what the user likes; None while too little is known."""
    if ideal.embedding is None:
        return None
    length = float(np.linalg.norm(ideal.embedding))
    return None if length < KNOWN_ENOUGH else (ideal.embedding / length).astype(np.float32)


def preference(ideal: Ideal, candidate: Candidate) -> float:
    """The user_preference score: (2·content + type + source) / 4, in [0, 1]; 0.5 for a stranger's item that is not popular.

    content = ½ + ½·(e · ideal) + ½·p·(1 - |ideal|): what others chose, p, counts for as much as is not known of
    this user. Type and source are the smoothed affinities of the candidate's own.
    """
    known = 0.0 if ideal.embedding is None else min(1.0, float(np.linalg.norm(ideal.embedding)))
    content = 0.5 + 0.5 * candidate.popularity * (1.0 - known) + 0.5 * closeness(ideal, candidate)
    content = min(1.0, max(0.0, content))
    by_type = ideal.by_type.get(candidate.media_type, 0.5)
    by_source = ideal.by_source.get(candidate.source, 0.5)
    return (2.0 * content + by_type + by_source) / 4.0


def closeness(ideal: Ideal, candidate: Candidate) -> float:
    """e · ideal, in [-1, 1]; 0 if either is not known."""
    if ideal.embedding is None or candidate.embedding is None:
        return 0.0
    return float(ideal.embedding @ candidate.embedding)


def _add(
    taste: Taste,
    embedding: NDArray[np.float32] | None,
    media_type: MediaType,
    source: Source,
    at_s: float,
    half_life_s: float,
    traits: Iterable[Trait],
    tally: Tally,
    pull: float,
) -> Taste:
    """Bring the older of memory and event to the time of the newer one, then sum: order doesn't matter."""
    updated_at_s = max(at_s, taste.updated_at_s)
    decay = _decay(updated_at_s - taste.updated_at_s, half_life_s)
    weight = _decay(updated_at_s - at_s, half_life_s)
    total_D = None if taste.embedding is None else decay * taste.embedding
    if embedding is not None:
        pulled_D = weight * pull * embedding
        total_D = pulled_D if total_D is None else total_D + pulled_D
    by_type = {key: _scaled(old, decay) for key, old in taste.by_type.items()}
    by_source = {key: _scaled(old, decay) for key, old in taste.by_source.items()}
    event = _scaled(tally, weight)
    by_type[media_type] = _sum(by_type.get(media_type, Tally()), event)
    by_source[source] = _sum(by_source.get(source, Tally()), event)
    by_trait = {key: _scaled(old, decay) for key, old in taste.by_trait.items()}
    for trait in traits:
        by_trait[trait] = _sum(by_trait.get(trait, Tally()), event)
    return Taste(
        embedding=None if total_D is None else total_D.astype(np.float32),
        by_type=by_type,
        by_source=by_source,
        by_trait=by_trait,
        evidence=decay * taste.evidence + weight,
        updated_at_s=updated_at_s,
    )


def _decay(age_s: float, half_life_s: float) -> float:
    return float(2.0 ** (-max(0.0, age_s) / half_life_s))


def _scaled(tally: Tally, factor: float) -> Tally:
    return Tally(tally.liked * factor, tally.disliked * factor)


def _sum(first: Tally, second: Tally) -> Tally:
    return Tally(first.liked + second.liked, first.disliked + second.disliked)
