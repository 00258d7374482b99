import torch
from hypothesis import given
from hypothesis import strategies as st

from rl.tuning.chains import log_likelihood, roll_out, step_deviation, step_mean
from rl.tuning.ddpo import clipped_objective


def test_the_likelihood_is_that_of_a_normal_distribution() -> None:
    mean, after = torch.randn(2, 6, 4, 1, 2, 2).unbind(0)
    deviation_N = torch.rand(6) + 0.1
    normal = torch.distributions.Normal(mean, deviation_N.view(-1, 1, 1, 1, 1))
    expected_N = normal.log_prob(after).flatten(1).mean(1)
    assert torch.allclose(log_likelihood(after, mean, deviation_N), expected_N, atol=1e-5)


def test_noise_leaves_what_is_reached_as_it_was_distributed() -> None:
    """Data of standard deviation 1/2 around 1: its velocity is known in closed form."""
    generator = torch.Generator().manual_seed(0)

    def velocity(latents: torch.Tensor, times_N: torch.Tensor) -> torch.Tensor:
        t = times_N.view(-1, 1)
        total = (1 - t) ** 2 * 0.25 + t**2
        above = latents - (1 - t)
        return t / total * above - 1 - (1 - t) * 0.25 / total * above

    start = 0.7 * torch.randn(20_000, 1, generator=generator) + 0.3 * (
        1 + 0.5 * torch.randn(20_000, 1, generator=generator)
    )
    made, taken = roll_out(velocity, start, 0.7, 40, 0.7, generator)
    assert len(taken) == 39
    assert abs(float(made.mean()) - 1) < 0.02
    assert abs(float(made.std()) - 0.5) < 0.02


def test_a_step_that_was_taken_with_the_same_weights_has_a_ratio_of_one() -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(4, 2, 1, 2, 2, generator=generator)
    _, taken = roll_out(lambda latents, _: 0.3 * latents, start, 0.6, 3, 0.7, generator)
    for step in taken:
        mean = step_mean(step["noised"], 0.3 * step["noised"], step["times"], 0.2, 0.7)
        again_N = log_likelihood(step["after"], mean, step_deviation(step["times"], 0.2, 0.7))
        assert torch.allclose(again_N, step["likelihood"], atol=1e-5)


@given(st.floats(0.5, 2), st.floats(-3, 3), st.floats(0.01, 0.3))
def test_clipping_never_promises_more(ratio: float, advantage: float, clip: float) -> None:
    gain = float(clipped_objective(torch.tensor([ratio]), torch.tensor([advantage]), clip))
    assert gain <= ratio * advantage + 1e-5
    if advantage > 0:
        assert gain <= (1 + clip) * advantage + 1e-5
