"""The torch twin of `ranking.policy.ScoringNetwork`: the same numbers, with gradients."""

# N: candidates, F: features, ...: any leading shape

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ranking.network import TOTAL, ScoringNetwork


class Scorer(nn.Module):
    """u = total + scale · mlp((x - mean) / deviation); the last layer begins at zero, so as the hand-set ranking."""

    def __init__(
        self, mean: Sequence[float], deviation: Sequence[float], scale: float, units: Sequence[int]
    ) -> None:
        super().__init__()
        self.mean_F: Tensor
        self.deviation_F: Tensor
        self.register_buffer("mean_F", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("deviation_F", torch.tensor(deviation, dtype=torch.float32))
        self.scale = scale
        self.mlp = mlp((len(mean), *units, 1))
        last = self.mlp[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Utilities [..., N] of features [..., N, F]."""
        return features[..., TOTAL] + self.scale * self.mlp(self.normalise(features))[..., 0]

    def normalise(self, features: Tensor) -> Tensor:
        """Features with mean 0 and deviation 1 over the log."""
        normal: Tensor = (features - self.mean_F) / self.deviation_F
        return normal

    def to_network(self) -> ScoringNetwork:
        """The same numbers for serving."""
        return ScoringNetwork(
            _numpy(self.mean_F),
            _numpy(self.deviation_F),
            self.scale,
            tuple(
                (_numpy(layer.weight).T, _numpy(layer.bias))
                for layer in self.mlp
                if isinstance(layer, nn.Linear)
            ),
        )


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers of these sizes with ReLU between them."""
    layers: list[nn.Module] = []
    for i in range(len(sizes) - 1):
        layers += [nn.Linear(sizes[i], sizes[i + 1]), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _numpy(tensor: Tensor | nn.Module) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    assert isinstance(tensor, Tensor)
    return np.ascontiguousarray(tensor.detach().cpu().numpy().astype(np.float32))
