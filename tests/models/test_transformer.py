import torch

from models.transformer import FlowTransformer, draw_noise, flow_matching_loss


def tiny(latent_shape: tuple[int, int, int]) -> FlowTransformer:
    return FlowTransformer(latent_channels=4, latent_shape=latent_shape, width=32, depth=2, heads=2)


def test_stills_and_clips_are_configurations_of_one_transformer() -> None:
    for shape in ((1, 4, 4), (3, 2, 4)):
        latents = torch.randn(2, 4, *shape)
        velocity = tiny(shape)(latents, torch.rand(2), torch.randn(2, 384), torch.tensor([False, True]))
        assert velocity.shape == latents.shape


def test_a_dropped_text_does_not_reach_the_output() -> None:
    model = tiny((1, 2, 2))
    for parameter in model.parameters():
        parameter.data.normal_(std=0.1)
    latents, times = torch.randn(1, 4, 1, 2, 2), torch.tensor([0.5])
    texts = torch.randn(2, 384)
    dropped = [model(latents, times, text[None], torch.tensor([True])) for text in texts]
    given = [model(latents, times, text[None], torch.tensor([False])) for text in texts]
    assert torch.equal(*dropped)
    assert not torch.allclose(*given)


def test_the_loss_of_the_true_velocity_is_zero() -> None:
    latents = torch.randn(3, 4, 1, 2, 2)

    class Oracle(torch.nn.Module):
        def forward(self, mixed: torch.Tensor, times: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
            return (mixed - latents) / times.view(-1, 1, 1, 1, 1)

    loss = flow_matching_loss(Oracle(), latents, torch.randn(3, 384), 0.1, torch.Generator().manual_seed(0))
    assert loss < 1e-6


def test_frames_share_as_much_of_their_noise_as_they_are_told() -> None:
    for shared in (0.0, 0.7):
        noise = draw_noise((4, 6, 40, 40), shared, torch.Generator().manual_seed(0))
        first, other = noise[:, 0].flatten(), noise[:, 3].flatten()
        assert abs(noise.std() - 1) < 0.05
        assert abs(torch.corrcoef(torch.stack([first, other]))[0, 1] - shared) < 0.05


def test_the_still_reaches_the_output() -> None:
    model = FlowTransformer(4, (3, 2, 2), width=32, depth=2, heads=2, keyframe_channels=6)
    for parameter in model.parameters():
        parameter.data.normal_(std=0.1)
    latents, times, text = torch.randn(1, 4, 3, 2, 2), torch.tensor([0.5]), torch.randn(1, 384)
    first, other = (
        model(latents, times, text, torch.tensor([False]), torch.randn(1, 6, 2, 2)) for _ in range(2)
    )
    assert first.shape == latents.shape
    assert not torch.allclose(first, other)
