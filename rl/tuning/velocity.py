"""The velocity of a flow under its conditions: what learning to generate trains, whatever the media.

N: media; C, F, H, W: latents (channels, frames, grid); T: text width.
"""

import copy
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn

from models.pipeline import in_fast_precision
from models.transformer import FlowTransformer
from rl.tuning.latent_media import LatentMedia

GIVEN = "given_"  # begins the names of a batch's conditions
DROP = GIVEN + "drop"  # our transformer's text is not given


class Velocity(nn.Module):
    """Our transformer, as learning sees it: stickers, scenes, the motion of clips (from keyframes), sounds.

    Noise is at time 1, media at time 0; the velocity is noise - media. Conditions are tensors, a row a medium.
    """

    def __init__(self, network: FlowTransformer) -> None:
        super().__init__()
        self.network: nn.Module = network
        self.styles: int = network.config.styles

    def without_text(self, condition: dict[str, Tensor], rows_N: Tensor) -> dict[str, Tensor]:
        """The same conditions, as if these rows had no text."""
        return condition | {DROP: condition[DROP].bool() | rows_N}

    def forward(self, latents_NCFHW: Tensor, times_N: Tensor, condition: dict[str, Tensor]) -> Tensor:
        """The velocity; in bfloat16 where that is faster."""
        return in_fast_precision(self.network)(
            latents_NCFHW,
            times_N,
            condition["given_text"],
            condition[DROP].bool(),
            condition.get("given_keyframes"),
            condition["given_style"].long() if self.styles else None,
        )

    def learned(self) -> FlowTransformer:
        """The network as it is saved: with its low-rank changes, if any, added to its weights."""
        network: Any = copy.deepcopy(self.network)
        plain: FlowTransformer = network.merge_and_unload() if isinstance(network, PeftModel) else network
        return plain.eval().cpu()


def conditions_of_small(media: LatentMedia) -> dict[str, Tensor]:
    """What `Velocity` is given."""
    given = {
        GIVEN + "text": media.texts_NT.float(),
        GIVEN + "style": media.styles_N,
        DROP: torch.zeros(len(media), dtype=torch.bool),
    }
    if media.keyframes_NCHW is not None:
        given[GIVEN + "keyframes"] = media.keyframes_NCHW
    return given


def load_small(transformer: str, lora_rank: int = 0) -> Velocity:
    """The velocity of a transformer's folder, ready to be trained."""
    return with_lora(Velocity(FlowTransformer.from_pretrained(transformer).float()), lora_rank)


def with_lora(velocity: Velocity, rank: int) -> Velocity:
    """Low-rank changes (Hu et al. 2022) of every linear layer are all that trains; rank 0 trains the whole network."""
    if rank:
        config = LoraConfig(r=rank, lora_alpha=rank, target_modules="all-linear")
        velocity.network = get_peft_model(velocity.network, config)
    return velocity


def conditions_of(batch: dict[str, Any]) -> dict[str, Tensor]:
    """The conditions in a batch."""
    return {name: value for name, value in batch.items() if name.startswith(GIVEN)}
