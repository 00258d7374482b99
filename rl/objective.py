"""What a slate policy is trained on: its value, estimated from slates that another policy drew."""

# B: slates, K: places, N: candidates

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

NEVER = -1e9  # the logit of what can't be placed; finite, so that no gradient is NaN


@dataclass(frozen=True, slots=True, eq=False)
class LoggedBatch:
    """Slates of a log as tensors, padded as in `rl.log.RankingLog`."""

    is_there_BN: Tensor
    penalties_BKN: Tensor
    order_BK: Tensor  # int64, -1 where no place is filled
    propensities_BK: Tensor
    rewards_BK: Tensor

    @property
    def is_filled(self) -> Tensor:
        """Which places hold an item, [B, K]."""
        return self.order_BK >= 0


def step_logits(utilities_BN: Tensor, logged: LoggedBatch, temperature: float) -> Tensor:
    """Logits [B, K, N] of the policy at each place, given the items that the log has above it (Plackett-Luce)."""
    logits_BKN = (utilities_BN[:, None] - logged.penalties_BKN) / temperature
    placed_BKN = functional.one_hot(logged.order_BK.clamp(min=0), logits_BKN.shape[-1])
    placed_BKN = placed_BKN * logged.is_filled[..., None]
    is_above_BKN = placed_BKN.cumsum(dim=1) - placed_BKN > 0
    logits_BKN = logits_BKN.masked_fill(is_above_BKN | ~logged.is_there_BN[:, None], NEVER)
    return logits_BKN.masked_fill(~logged.is_filled[..., None], 0.0)


def slate_value(
    logits_BKN: Tensor, logged: LoggedBatch, predictions_BKN: Tensor, max_weight: float
) -> Tensor:
    """The policy's reward a slate [B] by cascade-DR (Kiyohara et al. 2022) with clipped weights (Ionides 2008).

    Σ_k  w_<k · Σ_a π(a | above) q_k(a)  +  w_≤k · (r_k - q_k(a_k)),  w_≤k = min(Π_{j ≤ k} π / p_logged, max_weight)

    with q a reward model that takes no gradient from here. Unbiased, but for the clipping, if a reward depends on the items
    down to its place only: which both the cascade and the position-based model of reading a row satisfy.
    """
    logs_BKN = logits_BKN.log_softmax(dim=-1)
    order_BK1 = logged.order_BK.clamp(min=0)[..., None]
    filled_BK = logged.is_filled
    ratios_BK = logs_BKN.gather(-1, order_BK1)[..., 0] - logged.propensities_BK.log()
    weights_BK = (ratios_BK * filled_BK).cumsum(dim=1).exp().clamp(max=max_weight)
    before_BK = torch.cat([torch.ones_like(weights_BK[:, :1]), weights_BK[:, :-1]], dim=1)
    expected_BK = (logs_BKN.exp() * predictions_BKN).sum(dim=-1)
    residual_BK = logged.rewards_BK - predictions_BKN.gather(-1, order_BK1)[..., 0]
    return ((before_BK * expected_BK + weights_BK * residual_BK) * filled_BK).sum(dim=1)


def click_predictions(relevance_BN: Tensor, examination_K: Tensor) -> Tensor:
    """q [B, K, N]: the position-based model (Richardson et al. 2007), P(place k is read) · P(item is wanted)."""
    return examination_K.sigmoid()[None, :, None] * relevance_BN.sigmoid()[:, None]


def click_loss(predictions_BKN: Tensor, logged: LoggedBatch) -> Tensor:
    """Cross-entropy of the predictions with what was selected, over the filled places.

    The log's own randomness tells position from relevance: the same item stands at different places.
    """
    predicted_BK = predictions_BKN.gather(-1, logged.order_BK.clamp(min=0)[..., None])[..., 0]
    losses_BK = functional.binary_cross_entropy(predicted_BK, logged.rewards_BK, reduction="none")
    return (losses_BK * logged.is_filled).sum() / logged.is_filled.sum()


def log_likelihood(logits_BKN: Tensor, logged: LoggedBatch) -> Tensor:
    """Log-probability [B] of the logged slates under the policy."""
    logs_BKN = logits_BKN.log_softmax(dim=-1)
    logs_BK = logs_BKN.gather(-1, logged.order_BK.clamp(min=0)[..., None])[..., 0]
    return (logs_BK * logged.is_filled).sum(dim=1)
