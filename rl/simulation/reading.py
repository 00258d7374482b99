"""How simulated people read a slate: which places they look at, and which item they select.

S: slates, K: positions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rl.ope.slates import Floats


@dataclass(frozen=True, slots=True)
class Reading:
    """A mix of two click models; each slate is read after one of them.

    Position-based (Richardson et al. 2007; Joachims et al. 2017): place k is looked at with the probability
    (k + 1)^-bias, whatever is above. Cascade (Craswell et al. 2008): from the top down, stopping at the first
    selection, and before each further place with the probability 1 - patience. An item that is looked at is
    selected with the probability of its attraction.
    """

    bias: float = 0.7
    patience: float = 0.85
    cascade_share: float = 0.5

    def __post_init__(self) -> None:
        if self.bias < 0.0:
            raise ValueError(f"bias is {self.bias}; allowed is 0 and above")
        for name in ("patience", "cascade_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed is 0 to 1")


def selection_probabilities(attractions_SK: Floats, reading: Reading) -> Floats:
    """The exact probability that each place is selected, [S, K]; a place without an item has attraction 0."""
    looked_K = _looked(attractions_SK.shape[1], reading)
    reached_SK = np.cumprod(reading.patience * (1.0 - attractions_SK), axis=1)
    reached_SK = np.concatenate([np.ones_like(reached_SK[:, :1]), reached_SK[:, :-1]], axis=1)
    share = reading.cascade_share
    probabilities_SK: Floats = attractions_SK * (share * reached_SK + (1.0 - share) * looked_K)
    return probabilities_SK


def draw_selections(
    attractions_SK: Floats, reading: Reading, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which places are selected, [S, K]: several may be where places are looked at independently."""
    num, places = attractions_SK.shape
    wanted_SK = rng.random((num, places)) < attractions_SK
    luck_SK = rng.random((num, places))
    goes_on_SK = (luck_SK < reading.patience) & ~wanted_SK
    reached_SK = np.ones((num, places), dtype=np.bool_)
    reached_SK[:, 1:] = np.logical_and.accumulate(goes_on_SK, axis=1)[:, :-1]
    looked_SK = luck_SK < _looked(places, reading)
    is_cascade_S1 = rng.random((num, 1)) < reading.cascade_share
    selections_SK: NDArray[np.bool_] = wanted_SK & np.where(is_cascade_S1, reached_SK, looked_SK)
    return selections_SK


def _looked(places: int, reading: Reading) -> Floats:
    looked_K: Floats = (1.0 + np.arange(places, dtype=np.float64)) ** -reading.bias
    return looked_K
