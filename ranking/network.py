"""A small network that corrects a hand-set worth: what a learned policy is made of."""

# N: what is chosen from, F: features, H: units of a layer

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Halves = NDArray[np.float16]
Weights = NDArray[np.float32]
TOTAL = 0  # the place of the hand-set worth among the features


@dataclass(frozen=True, slots=True, eq=False)
class ScoringNetwork:
    """u = total + scale · mlp((x - mean) / deviation), with ReLU between the layers.

    With a last layer of zeros it is the hand-set worth; learning starts there, and so near the log.
    """

    mean_F: Weights
    deviation_F: Weights
    scale: float  # of one unit of the network's output, on the scale of the total
    layers: tuple[tuple[Weights, Weights], ...]  # weights [in, out] and biases [out], first to last

    def utilities(self, features_NF: Halves) -> NDArray[np.float64]:
        """What each is worth, [N]."""
        hidden_NH = (features_NF.astype(np.float32) - self.mean_F) / self.deviation_F
        for i, (weights, biases) in enumerate(self.layers):
            hidden_NH = hidden_NH @ weights + biases
            if i < len(self.layers) - 1:
                hidden_NH = np.maximum(hidden_NH, 0.0)
        return features_NF[:, TOTAL].astype(np.float64) + self.scale * hidden_NH[:, 0].astype(np.float64)

    def to_tensors(self) -> dict[str, NDArray[np.floating]]:
        """Its numbers by name, in the order of their names."""
        tensors: dict[str, NDArray[np.floating]] = {"mean": self.mean_F, "deviation": self.deviation_F}
        tensors["scale"] = np.array([self.scale], dtype=np.float64)
        for i, (weights, biases) in enumerate(self.layers):
            tensors |= {f"layers.{i}.weights": weights, f"layers.{i}.biases": biases}
        return {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, NDArray[np.floating]], num_features: int) -> Self:
        """Read `to_tensors` again; KeyError or ValueError if they are of something else."""
        num_layers = sum(name.endswith(".weights") for name in tensors)
        layers = tuple(
            (tensors[f"layers.{i}.weights"], tensors[f"layers.{i}.biases"]) for i in range(num_layers)
        )
        network = cls(tensors["mean"], tensors["deviation"], float(tensors["scale"][0]), layers)
        if network.mean_F.shape != (num_features,) or not layers or layers[0][0].shape[0] != num_features:
            raise ValueError(f"its tensors don't fit {num_features} features")
        return network


def metadata(data: bytes) -> Mapping[str, str]:
    """What stands in the header of a safetensors file: its length in 8 bytes, then JSON; ValueError if it has none."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    about: Mapping[str, str] = header.get("__metadata__", {})
    return about
