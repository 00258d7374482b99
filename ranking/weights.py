"""The numbers that the ranking is made of."""

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

_ABOVE_0 = ("evidence", "relevance_scale", "taste_prior", "taste_half_life_s", "novelty_half_life_s")
_FROM_0 = ("user_preference", "novelty", "temperature", "diversity", "source_penalty")
_FROM_0_TO_1 = ("index_trust", "gme_trust", "type_share", "source_share", "duplicate_cosine")


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingWeights:
    """All parameters of `rank`; values and what each does stand in `configs/ranking.yaml`."""

    evidence: float
    user_preference: float
    novelty: float
    index_trust: float
    gme_trust: float
    relevance_midpoint: float
    relevance_scale: float
    taste_prior: float
    taste_half_life_s: float
    novelty_half_life_s: float
    duplicate_cosine: float
    diversity: float
    type_share: float
    source_share: float
    source_penalty: float
    temperature: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not math.isfinite(value):
                raise ValueError(f"{name} is {value}; allowed is a finite number")
            if name in _ABOVE_0 and value <= 0.0:
                raise ValueError(f"{name} is {value}; allowed is above 0")
            if name in _FROM_0 and value < 0.0:
                raise ValueError(f"{name} is {value}; allowed is 0 and above")
            if name in _FROM_0_TO_1 and not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} is {value}; allowed is 0 to 1")

    @property
    def version(self) -> str:
        """A name that changes when any value does, such as `ranker-1f0c9a7be2`."""
        values = repr(sorted((name, float(value)) for name, value in asdict(self).items()))
        return f"ranker-{hashlib.sha256(values.encode()).hexdigest()[:10]}"


def load_ranking_weights(path: Path) -> RankingWeights:
    """Read `configs/ranking.yaml`; ValueError names the file and what is wrong."""
    try:
        return RankingWeights(**yaml.safe_load(path.read_text()))
    except (TypeError, ValueError, yaml.YAMLError, FileNotFoundError) as error:
        raise ValueError(f"{path}: {error}") from None
