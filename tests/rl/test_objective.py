from itertools import permutations

import numpy as np
import pytest
import torch
from torch import Tensor

from rl.objective import (
    LoggedBatch,
    click_loss,
    click_predictions,
    departure,
    slate_value,
    step_logits,
)

N, K = 4, 3
UNCUT = 1e9


def batch(order_BK: Tensor, logging_BN: Tensor, temperature: float, rewards_BK: Tensor) -> LoggedBatch:
    """Slates that a policy of these utilities drew."""
    size = len(order_BK)
    there, penalties = torch.ones(size, N, dtype=torch.bool), torch.zeros(size, K, N)
    logged = LoggedBatch(there, logging_BN, penalties, order_BK, torch.ones(size, K), rewards_BK)
    logs_BKN = step_logits(logging_BN, logged, temperature).log_softmax(dim=-1)
    propensities_BK = logs_BKN.gather(-1, order_BK[..., None])[..., 0].exp()
    return LoggedBatch(there, logging_BN, penalties, order_BK, propensities_BK, rewards_BK)


def every_slate() -> Tensor:
    return torch.tensor(list(permutations(range(N), K)))


def utilities(seed: int) -> Tensor:
    return torch.tensor(np.random.default_rng(seed).uniform(size=N), dtype=torch.float32)


def test_the_probabilities_of_all_slates_sum_to_1() -> None:
    order = every_slate()
    logged = batch(order, utilities(0).expand(len(order), N), 0.3, torch.zeros(len(order), K))
    assert logged.propensities_BK.prod(dim=1).sum().item() == pytest.approx(1.0)


@pytest.mark.parametrize("predicted", [0.0, 0.3])
def test_the_value_is_unbiased_place_by_place_whatever_the_reward_model_says(predicted: float) -> None:
    """Its mean over all slates the log may hold is what each choice of the policy earns below what the log has above."""
    order = every_slate()
    wanted, read = torch.tensor([0.1, 0.2, 0.5, 0.7]), torch.tensor([0.9, 0.6, 0.3])
    logging, target = (utilities(seed).expand(len(order), N) for seed in (0, 1))
    logged = batch(order, logging, 0.3, wanted[order] * read)
    logits = step_logits(target, logged, 0.3)
    predictions = torch.full((len(order), K, N), predicted)
    chance = logged.propensities_BK.prod(dim=1)
    mean = (chance * slate_value(logits, logged, predictions, UNCUT)).sum()
    truth = (chance * ((logits.softmax(dim=-1) * wanted).sum(dim=-1) * read).sum(dim=1)).sum()
    assert mean.item() == pytest.approx(truth.item(), rel=1e-4)


def test_the_departure_from_the_live_policy_is_0_only_for_itself() -> None:
    order = every_slate()
    logging = utilities(0).expand(len(order), N)
    logged = batch(order, logging, 0.3, torch.zeros(len(order), K))
    assert departure(step_logits(logging, logged, 0.3), logged, 0.3).abs().max().item() < 1e-6
    other = step_logits(utilities(1).expand(len(order), N), logged, 0.3)
    assert departure(other, logged, 0.3).min().item() > 0.0


def test_of_the_policy_that_logged_the_value_is_what_was_earned_when_no_model_helps() -> None:
    order = every_slate()
    rewards = torch.rand(len(order), K)
    logging = utilities(0).expand(len(order), N)
    logged = batch(order, logging, 0.3, rewards)
    value = slate_value(step_logits(logging, logged, 0.3), logged, torch.zeros(len(order), K, N), UNCUT)
    assert value.tolist() == pytest.approx(rewards.sum(dim=1).tolist(), rel=1e-4)


def test_weights_above_the_cut_move_nothing() -> None:
    order = every_slate()
    logged = batch(order, utilities(0).expand(len(order), N), 1.0, torch.ones(len(order), K))
    target = utilities(1).expand(len(order), N).clone().requires_grad_()
    value = slate_value(step_logits(target, logged, 1.0), logged, torch.zeros(len(order), K, N), 1e-6)
    value.sum().backward()  # type: ignore[no-untyped-call]
    assert target.grad is not None
    assert target.grad.abs().max().item() == 0.0


def test_places_that_are_not_filled_count_for_nothing() -> None:
    order = torch.tensor([[2, 0, -1]])
    logged = LoggedBatch(
        torch.ones(1, N, dtype=torch.bool),
        utilities(0)[None],
        torch.zeros(1, K, N),
        order,
        torch.tensor([[0.5, 0.5, 1.0]]),
        torch.tensor([[1.0, 0.0, 0.0]]),
    )
    logits = step_logits(utilities(0)[None], logged, 0.3)
    assert logits[0, 2].tolist() == [0.0] * N
    shorter = LoggedBatch(
        logged.is_there_BN,
        logged.utilities_BN,
        logged.penalties_BKN[:, :2],
        order[:, :2],
        logged.propensities_BK[:, :2],
        logged.rewards_BK[:, :2],
    )
    ones = torch.full((1, K, N), 0.2)
    assert slate_value(logits, logged, ones, 10.0).item() == pytest.approx(
        slate_value(step_logits(utilities(0)[None], shorter, 0.3), shorter, ones[:, :2], 10.0).item()
    )


def test_the_click_model_tells_place_from_relevance() -> None:
    torch.manual_seed(0)
    size = 4_000
    order = torch.stack([torch.randperm(N)[:K] for _ in range(size)])
    wanted, read = torch.tensor([0.1, 0.3, 0.5, 0.7]), torch.tensor([0.9, 0.6, 0.3])
    rewards = (torch.rand(size, K) < wanted[order] * read).float()
    logged = batch(order, torch.zeros(size, N), 1.0, rewards)
    relevance, examination = torch.zeros(N, requires_grad=True), torch.zeros(K, requires_grad=True)
    optimiser = torch.optim.Adam([relevance, examination], lr=0.1)
    for _ in range(300):
        optimiser.zero_grad()
        click_loss(click_predictions(relevance.expand(size, N), examination), logged).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    learned = relevance.detach().sigmoid()
    assert (learned / learned.sum()).tolist() == pytest.approx((wanted / wanted.sum()).tolist(), abs=0.04)
