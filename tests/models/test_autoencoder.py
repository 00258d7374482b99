import torch

from models.autoencoder import Autoencoder, reconstruction_loss


def test_latents_are_a_sixteenth_of_the_side_and_decode_to_the_size_they_came_from() -> None:
    model = Autoencoder(latent_channels=8, widths=(8, 16, 24)).eval()
    pictures = torch.rand(2, 4, 64, 64) * 2 - 1
    latents = model.encode(pictures)
    assert latents.shape == (2, 8, 4, 4)
    assert model.decode(latents).shape == pictures.shape


def test_latents_have_unit_variance_while_training() -> None:
    model = Autoencoder(latent_channels=8, widths=(8, 16, 24)).train()
    latents = model.encode(torch.rand(16, 4, 64, 64) * 2 - 1)
    torch.testing.assert_close(latents.var((0, 2, 3), correction=0), torch.ones(8), atol=0.05, rtol=0)


def test_a_few_steps_of_training_bring_the_pictures_nearer() -> None:
    torch.manual_seed(0)
    model = Autoencoder(latent_channels=8, widths=(8, 16, 24)).train()
    pictures = torch.zeros(4, 4, 32, 32)
    pictures[:, :, 8:24, 8:24] = torch.linspace(-1, 1, 4)[:, None, None, None]
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(120):
        loss = reconstruction_loss(model(pictures), pictures)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_the_loss_is_zero_for_equal_pictures_and_higher_for_blurred_ones() -> None:
    picture = (torch.arange(32) % 2).float().expand(1, 4, 32, 32)
    assert reconstruction_loss(picture, picture) == 0
    assert reconstruction_loss(torch.full_like(picture, 0.5), picture) > 0.5
