"""A taste that is simple enough to be known, and media of a tiny generator to learn it from."""

from pathlib import Path

import torch
from diffusers import FlowMatchHeunDiscreteScheduler
from torch import Tensor

from models.autoencoder import Autoencoder
from models.pipeline import MediaFlowPipeline
from models.references import References
from models.relevance import PictureEncoder
from models.transformer import FlowTransformer
from rl.tuning.latent_media import LatentMedia, ShownMedia

COUNT = 96


class FirstChannel:
    """People who like what is high in the first channel of the latents."""

    def __call__(self, media: LatentMedia) -> Tensor:
        return media.latents_NCFHW[:, 0].mean((1, 2, 3)).sigmoid()


def save_tiny_weights(folder: Path) -> Path:
    """The real classes at a size that learns in seconds."""
    torch.manual_seed(0)
    transformer = FlowTransformer(
        latent_channels=8, latent_shape=(1, 2, 2), width=32, depth=2, heads=2, styles=2
    )
    for block in transformer.blocks:
        block.modulation.weight.data.normal_(std=0.2)
    transformer.proj_out.weight.data.normal_(std=0.1)
    vae = Autoencoder(picture_size=32, latent_channels=8, widths=(8, 16, 24)).eval()
    keys_MT = torch.nn.functional.normalize(torch.randn(12, 384), dim=1)
    references = References.of(keys_MT, torch.randn(2, 12, 8, 2, 2), torch.zeros(2, 12))
    MediaFlowPipeline(transformer, vae, FlowMatchHeunDiscreteScheduler(), references).save_pretrained(
        folder / "sticker"
    )
    PictureEncoder.from_pretrained(Path("models/weights/relevance")).save_pretrained(folder / "relevance")
    return folder


def tiny_shown() -> ShownMedia:
    """Media of 12 n-grams, whose latents vary as those of pictures do."""
    generator = torch.Generator().manual_seed(1)
    texts_GT = torch.nn.functional.normalize(torch.randn(12, 384, generator=generator), dim=1)
    of_N = torch.arange(COUNT) % 12
    media = LatentMedia(
        torch.randn(COUNT, 8, 1, 2, 2, generator=generator)
        + torch.randn(COUNT, 8, 1, 1, 1, generator=generator),
        texts_GT[of_N],
        texts_GT[of_N],
        torch.arange(COUNT) % 2,
        torch.zeros(COUNT, 384),
    )
    return ShownMedia(
        media,
        tuple(f"item {row}" for row in range(COUNT)),
        tuple(f"words {number}" for number in of_N.tolist()),
        tuple(f"slate {row}" for row in range(COUNT)),
        torch.arange(COUNT),
        torch.zeros(COUNT),
        torch.ones(COUNT),
    )


def liking(transformer: FlowTransformer, weights: Path, shown: ShownMedia) -> float:
    """What the people think of what a transformer makes, from the same noise."""
    pipeline = MediaFlowPipeline.from_pretrained(weights / "sticker")
    pipeline.transformer = transformer.eval()
    made = pipeline(
        shown.media.texts_NT, range(COUNT), num_inference_steps=2, strength=0.7, guidance_scale=1
    )
    return float(made.latents_BCFHW[:, 0].mean((1, 2, 3)).sigmoid().mean())
