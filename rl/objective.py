"""What a slate policy is trained on: its value, estimated from slates that another policy drew."""

# B: slates, K: places, N: candidates

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

NEVER = -1e9  # the logit of what can't be placed; finite, so that no gradient is NaN


@dataclass(frozen=True, slots=True, eq=False)
class LoggedBatch:
    """Slates of a log as tensors, padded as in `rl.log.RankingLog`."""

    is_there_BN: Tensor
    utilities_BN: Tensor  # what the live policy thinks of the candidates
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
    """The policy's reward a slate [B], each place doubly robust (Dudík et al. 2011) where the log stood:

    Σ_k  Σ_a π(a | above) q_k(a)  +  w_k · (r_k - q_k(a_k)),  w_k = min(π(a_k | above) / p_logged(a_k | above), max_weight)

    with q a reward model that takes no gradient from here. The items above a place are those of the log, as in off-policy
    policy gradients (Degris et al. 2012): weights of single choices stay tame where products over eight places don't
    (docs/log.md). In exchange it is no estimate of the value, only what to climb near the log; `rl.judging` estimates.
    """
    logs_BKN = logits_BKN.log_softmax(dim=-1)
    order_BK1 = logged.order_BK.clamp(min=0)[..., None]
    ratios_BK = logs_BKN.gather(-1, order_BK1)[..., 0] - logged.propensities_BK.log()
    weights_BK = (ratios_BK * logged.is_filled).exp().clamp(max=max_weight)
    expected_BK = (logs_BKN.exp() * predictions_BKN).sum(dim=-1)
    residual_BK = logged.rewards_BK - predictions_BKN.gather(-1, order_BK1)[..., 0]
    return ((expected_BK + weights_BK * residual_BK) * logged.is_filled).sum(dim=1)


def departure(logits_BKN: Tensor, logged: LoggedBatch, temperature: float) -> Tensor:
    """KL(policy ‖ live policy), summed over the places [B]: the further, the less its log can say of the new one."""
    logs_BKN = logits_BKN.log_softmax(dim=-1)
    live_BKN = step_logits(logged.utilities_BN, logged, temperature).log_softmax(dim=-1)
    return ((logs_BKN.exp() * (logs_BKN - live_BKN)).sum(dim=-1) * logged.is_filled).sum(dim=1)


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
