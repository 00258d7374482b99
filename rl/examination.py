"""How likely each place of a slate is looked at, from the log."""

# S: slates, K: places, F: features

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from rl.log import RankingLog
from rl.scorer import mlp

LEAST = 0.05  # a place that is looked at less often than this would weigh twenty times as much
STEPS, LEARNING_RATE, WEIGHT_DECAY = 300, 0.02, 1e-3


def fit_examination(log: RankingLog, seed: int = 0) -> NDArray[np.float64]:
    """P(place k is looked at) for each place [K], 1 for the first: the position-based model (Richardson et al. 2007).

    P(selected) = P(looked at) · P(wanted), the latter a small network of the logged features. What tells them apart is
    the log's own randomness: items with the same features stand at different places.
    """
    if not len(log):
        raise ValueError("log: no slate with features of this version, to tell places from wishes")
    torch.manual_seed(seed)
    is_filled_SK = torch.from_numpy(log.order_SK >= 0)
    rows_S1 = np.arange(len(log))[:, None]
    features_SKF = torch.from_numpy(log.features_SNF[rows_S1, log.order_SK.clip(min=0)]).float()
    mean_F = features_SKF[is_filled_SK].mean(0)
    deviation_F = features_SKF[is_filled_SK].std(0).clamp(min=1e-3)
    normal_SKF = ((features_SKF - mean_F) / deviation_F).clamp(-5, 5)
    rewards_SK = torch.from_numpy(log.rewards_SK)
    wanted = mlp((features_SKF.shape[-1], 16, 1))
    examination_K = nn.Parameter(torch.zeros(features_SKF.shape[1]))
    optimiser = torch.optim.AdamW(
        [*wanted.parameters(), examination_K], LEARNING_RATE, weight_decay=WEIGHT_DECAY
    )
    for _ in range(STEPS):
        predicted_SK = examination_K.sigmoid() * wanted(normal_SKF)[..., 0].sigmoid()
        loss = functional.binary_cross_entropy(predicted_SK[is_filled_SK], rewards_SK[is_filled_SK])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    looked_at_K = examination_K.detach().sigmoid().double().numpy()
    relative_K: NDArray[np.float64] = (looked_at_K / looked_at_K[0]).clip(LEAST, 1.0)
    return relative_K
