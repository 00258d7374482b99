"""The velocity of a large model, for the same algorithms as our own: what trains is LoRA of its attention.

The models are distilled: there is no guidance to add.

N: media; C, F, H, W: latents; L: tokens, D: text width.
"""

from pathlib import Path

import diffusers
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file
from torch import Tensor, nn

from models.hub.loading import load_part
from models.hub.model import HubImageModel
from rl.tuning.hub_conventions import Convention, convention_of
from rl.tuning.velocity import GIVEN

PROMPT = GIVEN + "prompt"  # its row among the texts, which are too large to stand in every row of a batch
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0", "to_qkv_mlp_proj"]


class HubVelocity(nn.Module):
    """A transformer of diffusers, as learning sees it; `texts` is what `HubPictures.write_texts` wrote."""

    def __init__(self, network: nn.Module, convention: Convention, texts: dict[str, Tensor]) -> None:
        super().__init__()
        self.network, self.convention, self.texts = network, convention, texts

    def forward(self, latents_NCFHW: Tensor, times_N: Tensor, condition: dict[str, Tensor]) -> Tensor:
        """The velocity, in float32."""
        rows_N = condition[PROMPT].long().cpu()
        text_NLD, known_NL = (
            self.texts[name][rows_N].to(latents_NCFHW.device) for name in ("text", "known")
        )
        latents_NCHW = latents_NCFHW[:, :, 0].to(text_NLD.dtype)
        moved_NCHW = self.convention.velocity(self.network, latents_NCHW, times_N, text_NLD, known_NL)
        return moved_NCHW[:, :, None].float()

    def learned(self) -> dict[str, Tensor]:
        """The low-rank changes, by the names that diffusers has for them."""
        changes = get_peft_model_state_dict(self.network)
        return {
            name.removeprefix("base_model.model."): change.detach().cpu().contiguous()
            for name, change in changes.items()
        }


def load_hub(model: HubImageModel, texts: str, lora_rank: int) -> HubVelocity:
    """The velocity of a checkpoint, ready to be trained."""
    network = load_part(model, "transformer")
    network.enable_gradient_checkpointing()
    config = LoraConfig(r=lora_rank, lora_alpha=lora_rank, target_modules=ATTENTION)
    return HubVelocity(get_peft_model(network, config), convention_of(model), load_file(texts))


def save_lora(model: HubImageModel, learned: dict[str, Tensor], folder: Path) -> None:
    """Write what was learned into a folder that the setting `lora` can name."""
    getattr(diffusers, model.pipeline).save_lora_weights(folder, transformer_lora_layers=learned)
