"""The policy that chooses how media are drawn: by the hand-set shares, or as a network learned to correct them."""

# C: what is known, N: options

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ranking.choices import OPTIONS, Choice
from ranking.network import TOTAL, Halves, ScoringNetwork, metadata
from ranking.occasion import NAMES, VERSION, base_shares, encode, features

EXPLORED = 0.15  # of the choices are as for a stranger, so that every style stays possible
METADATA = {"drawing": str(VERSION)}  # one entry: safetensors writes several in any order


@dataclass(frozen=True, eq=False)
class DrawingPolicy:
    """A softmax over the options; without a network by shares that the odds of a person's selections weigh."""

    network: ScoringNetwork | None = None

    @cached_property
    def version(self) -> str:
        """A name that changes when any number does."""
        if self.network is None:
            return f"drawing-by-hand-{VERSION}"
        return f"drawing-{hashlib.sha256(to_safetensors(self)).hexdigest()[:10]}"

    def probabilities(self, known_C: Halves) -> NDArray[np.float64]:
        """The probability [N] of each option, what is explored included."""
        base_N, features_NF = base_shares(known_C), features(known_C)
        network = self.network
        utilities_N = (
            network.utilities(features_NF) if network else features_NF[:, TOTAL].astype(np.float64)
        )
        rates_N = np.exp(utilities_N - utilities_N[base_N > 0].max()) * (base_N > 0)
        found: NDArray[np.float64] = (1 - EXPLORED) * rates_N / rates_N.sum() + EXPLORED * base_N
        return found / found.sum()

    def choose(self, known_C: Halves, seed: int) -> Choice:
        """Draw one; the same seed and knowledge give the same."""
        probabilities_N = self.probabilities(known_C)
        at = np.random.default_rng(seed).random()
        drawn = min(int((probabilities_N.cumsum() <= at).sum()), int(np.flatnonzero(probabilities_N)[-1]))
        style, mood, lettering = OPTIONS[drawn]
        return Choice(style, mood, lettering, float(probabilities_N[drawn]), encode(known_C), self.version)


def to_safetensors(policy: DrawingPolicy) -> bytes:
    """The policy as one file."""
    if policy.network is None:
        raise ValueError("network is None; allowed is a policy with a network")
    return save(policy.network.to_tensors(), METADATA)


def from_safetensors(data: bytes) -> DrawingPolicy:
    """Read what `to_safetensors` wrote; ValueError says what is wrong with it."""
    try:
        tensors, about = load(data), metadata(data)
        if about != METADATA:
            raise ValueError(f"it says {dict(about)}; needed is {METADATA}")
        return DrawingPolicy(ScoringNetwork.of_tensors(tensors, len(NAMES)))
    except (SafetensorError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"not a drawing policy ({error})") from None
