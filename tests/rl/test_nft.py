import torch
from hypothesis import given
from hypothesis import strategies as st

from rl.tuning.examples import advantages, epochs, optimality
from rl.tuning.nft import nft_loss


@given(st.floats(0, 1), st.floats(0.1, 1), st.integers(0, 10_000))
def test_at_the_old_policy_a_medium_pulls_by_how_far_it_is_above_average(
    r: float, beta: float, seed: int
) -> None:
    torch.manual_seed(seed)
    old, target = torch.randn(2, 3, 4, 1, 2, 2).unbind(0)
    now = old.clone().requires_grad_()
    nft_loss(now, old, target, torch.full((3,), r), beta).sum().backward()
    expected = beta * (2 * r - 1) * 2 * (old - target) / 16
    assert torch.allclose(now.grad, expected, atol=1e-5)


def test_a_medium_that_is_all_good_is_learned_by_flow_matching() -> None:
    now, old, target = torch.randn(3, 5, 4, 1, 2, 2).unbind(0)
    loss_N = nft_loss(now, old, target, torch.ones(5), beta=1.0)
    assert torch.allclose(loss_N, (now - target).pow(2).flatten(1).mean(1))


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abc")), min_size=2, max_size=30))
def test_media_are_compared_with_those_of_their_own_prompt(rows: list[tuple[float, str]]) -> None:
    rewards_N = torch.tensor([reward for reward, _ in rows])
    groups = [group for _, group in rows]
    found_N = advantages(rewards_N, groups)
    for group in set(groups):
        mine = torch.tensor([each == group for each in groups])
        assert abs(float(found_N[mine].mean())) < 1e-2
    r_N = optimality(rewards_N, groups)
    assert ((r_N >= 0) & (r_N <= 1)).all()


def test_a_prompt_that_always_pleases_teaches_nothing_of_its_own() -> None:
    rewards_N = torch.tensor([0.9, 0.9, 0.1, 0.3])
    assert optimality(rewards_N, "aabb").tolist()[:2] == [0.5, 0.5]


def test_every_row_comes_once_before_any_comes_again() -> None:
    batches = epochs({"row": torch.arange(10)}, 4, torch.Generator().manual_seed(0))
    seen = torch.cat([next(batches)["row"] for _ in range(5)])
    assert sorted(seen[:10].tolist()) == sorted(seen[10:].tolist()) == list(range(10))
