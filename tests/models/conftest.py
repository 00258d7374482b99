from pathlib import Path

import pytest
import torch
from diffusers import FlowMatchHeunDiscreteScheduler

from models.autoencoder import Autoencoder
from models.pipeline import MediaFlowPipeline
from models.references import References
from models.transformer import FlowTransformer

WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "weights"


@pytest.fixture
def tiny_pipeline() -> MediaFlowPipeline:
    """The real classes at a size that runs in milliseconds."""
    vae = Autoencoder(picture_size=32, latent_channels=8, widths=(8, 16, 24)).eval()
    transformer = FlowTransformer(
        latent_channels=8, latent_shape=(1, 2, 2), width=32, depth=2, heads=2, styles=2
    ).eval()
    for block in transformer.blocks:
        block.modulation.weight.data.normal_(std=0.2)
    transformer.proj_out.weight.data.normal_(std=0.2)
    generator = torch.Generator().manual_seed(0)
    keys = torch.nn.functional.normalize(torch.randn(5, 384, generator=generator), dim=1)
    references = References.of(keys, torch.randn(2, 5, 8, 2, 2, generator=generator), torch.zeros(2, 5))
    return MediaFlowPipeline(transformer, vae, FlowMatchHeunDiscreteScheduler(), references)


@pytest.fixture(scope="session")
def weights() -> Path:
    """The weights that ship."""
    return WEIGHTS
