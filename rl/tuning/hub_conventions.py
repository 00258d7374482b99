"""How each of diffusers' pipelines calls its transformer, its text encoder and its autoencoder.

All become the same thing: latents (N, C, F, H, W) as the sampler has them, noise at time 1 and media at time 0, and the
velocity noise - media. Only the media differ.

N: media; C, F, H, W: latents; L: tokens, D: text width.
"""

from typing import Any, Protocol

from torch import Tensor, nn

from models.hub.model import HubAudioModel, HubImageModel, HubVideoModel
from rl.tuning.hub_clips import Wan
from rl.tuning.hub_pictures import Flux2Klein, SanaSprint, ZImage
from rl.tuning.hub_sounds import StableAudio3
from rl.tuning.senses import Medium

TunableModel = HubImageModel | HubVideoModel | HubAudioModel

CONVENTIONS: dict[str, Any] = {
    "ZImagePipeline": ZImage,
    "Flux2KleinPipeline": Flux2Klein,
    "SanaSprintPipeline": SanaSprint,
    "WanPipeline": Wan,
    "StableAudio3Pipeline": StableAudio3,
}


class Convention(Protocol):
    """One pipeline's."""

    def velocity(
        self, network: nn.Module, latents: Tensor, times_N: Tensor, text_NLD: Tensor, known_NL: Tensor
    ) -> Tensor:
        """The velocity (N, C, F, H, W); `known` says which tokens count."""
        ...

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """What the transformer is told of a prompt: (L, D), and which tokens count (L,)."""
        ...

    def blank(self) -> Medium:
        """An empty medium of the model's size."""
        ...

    def encode(self, pipeline: Any, medium: Medium) -> Tensor:
        """The latents (1, C, F, H, W) of a medium, brought to the model's size first."""
        ...

    def decode(self, pipeline: Any, latents: Tensor) -> list[Medium]:
        """The media of latents."""
        ...


def convention_of(model: TunableModel) -> Convention:
    """The one of the model's pipeline; ValueError if it has none."""
    if model.pipeline not in CONVENTIONS:
        raise ValueError(f"{model.pipeline} can't be tuned; allowed: {', '.join(CONVENTIONS)}")
    convention: Convention = CONVENTIONS[model.pipeline](model)
    return convention
