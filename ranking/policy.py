"""A learned correction of the total: a small network that scores each candidate from its features."""

# N: candidates, F: features, H: units of a layer

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ranking.features import NAMES, TOTAL, VERSION, Halves
from ranking.weights import RankingWeights

Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ScoringNetwork:
    """u = total + scale · mlp((x - mean) / deviation), with ReLU between the layers.

    With a last layer of zeros it is the hand-set ranking; learning starts there, and so near the log.
    """

    mean_F: Weights
    deviation_F: Weights
    scale: float  # of one unit of the network's output, on the scale of the total
    layers: tuple[tuple[Weights, Weights], ...]  # weights [in, out] and biases [out], first to last

    def utilities(self, features_NF: Halves) -> NDArray[np.float64]:
        """What each candidate is worth, [N], before the penalties of the slate."""
        hidden_NH = (features_NF.astype(np.float32) - self.mean_F) / self.deviation_F
        for i, (weights, biases) in enumerate(self.layers):
            hidden_NH = hidden_NH @ weights + biases
            if i < len(self.layers) - 1:
                hidden_NH = np.maximum(hidden_NH, 0.0)
        return features_NF[:, TOTAL].astype(np.float64) + self.scale * hidden_NH[:, 0].astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class RankingPolicy:
    """All that decides a slate: the hand-set weights, and the network if one was learned."""

    weights: RankingWeights
    network: ScoringNetwork | None = None

    @property
    def version(self) -> str:
        """A name that changes when any number does; without a network that of the weights."""
        if self.network is None:
            return self.weights.version
        digest = hashlib.sha256(self.weights.version.encode() + to_safetensors(self))
        return f"ranker-{digest.hexdigest()[:10]}"


def to_safetensors(policy: RankingPolicy) -> bytes:
    """The policy as one file: tensors, and the hand-set weights in its metadata."""
    if policy.network is None:
        raise ValueError("network is None; allowed is a policy with a network")
    tensors = {"mean": policy.network.mean_F, "deviation": policy.network.deviation_F}
    tensors["scale"] = np.array([policy.network.scale], dtype=np.float64)
    for i, (weights, biases) in enumerate(policy.network.layers):
        tensors |= {f"layers.{i}.weights": weights, f"layers.{i}.biases": biases}
    about = {"features": VERSION, "weights": asdict(policy.weights)}
    ordered = {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}
    return save(ordered, {"policy": json.dumps(about, sort_keys=True)})


def from_safetensors(data: bytes) -> RankingPolicy:
    """Read what `to_safetensors` wrote; ValueError says what is wrong with it."""
    try:
        tensors, about = load(data), _about(data)
        if about["features"] != VERSION:
            raise ValueError(f"it reads features of version {about['features']}, here is {VERSION}")
        num_layers = sum(name.endswith(".weights") for name in tensors)
        layers = tuple(
            (tensors[f"layers.{i}.weights"], tensors[f"layers.{i}.biases"]) for i in range(num_layers)
        )
        network = ScoringNetwork(tensors["mean"], tensors["deviation"], float(tensors["scale"][0]), layers)
        if network.mean_F.shape != (len(NAMES),) or not layers or layers[0][0].shape[0] != len(NAMES):
            raise ValueError(f"its tensors don't fit {len(NAMES)} features")
        return RankingPolicy(RankingWeights(**about["weights"]), network)
    except (SafetensorError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"not a ranking policy ({error})") from None


def _about(data: bytes) -> dict[str, Any]:
    """What stands in the header of a safetensors file: its length in 8 bytes, then JSON."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    about: dict[str, Any] = json.loads(header["__metadata__"]["policy"])
    return about
