"""The velocity of a large model, for the same algorithms as our own: what trains is LoRA of its attention.

It is the velocity of the prompt alone: most models are distilled and have no guidance to add, and the others learn without.

N: media; C, F, H, W: latents; L: tokens, D: text width.
"""

import re

from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file
from torch import Tensor, nn

from models.hub.loading import load_part
from rl.tuning.hub_conventions import Convention, TunableModel, convention_of
from rl.tuning.velocity import GIVEN

PROMPT = GIVEN + "prompt"  # its row among the texts, which are too large to stand in every row of a batch
# `to_out` of FLUX.2's single blocks is not among them: it is the feed-forward's too.
ATTENTION = re.compile(r".*\.to_(q|k|v|kv|qkv|qkv_mlp_proj|out\.0)|transformer_blocks\..*\.to_out")


class HubVelocity(nn.Module):
    """A transformer of diffusers, as learning sees it; `texts` is what `HubMedia.write_texts` wrote."""

    def __init__(self, network: nn.Module, convention: Convention, texts: dict[str, Tensor]) -> None:
        super().__init__()
        self.network, self.convention, self.texts = network, convention, texts

    def forward(self, latents_NCFHW: Tensor, times_N: Tensor, condition: dict[str, Tensor]) -> Tensor:
        """The velocity, in float32."""
        rows_N = condition[PROMPT].long().cpu()
        text_NLD, known_NL = (
            self.texts[name][rows_N].to(latents_NCFHW.device) for name in ("text", "known")
        )
        latents = latents_NCFHW.to(text_NLD.dtype)
        return self.convention.velocity(self.network, latents, times_N, text_NLD, known_NL).float()

    def learned(self) -> dict[str, Tensor]:
        """The low-rank changes, by the names that diffusers has for them."""
        changes = get_peft_model_state_dict(self.network)
        return {
            name.removeprefix("base_model.model."): change.detach().cpu().contiguous()
            for name, change in changes.items()
        }


def load_hub(model: TunableModel, texts: str, lora_rank: int) -> HubVelocity:
    """The velocity of a checkpoint, ready to be trained."""
    network = load_part(model, "transformer")
    network.enable_gradient_checkpointing()
    config = LoraConfig(r=lora_rank, lora_alpha=lora_rank, target_modules=attention_of(network))
    return HubVelocity(get_peft_model(network, config), convention_of(model), load_file(texts))


def attention_of(network: nn.Module) -> list[str]:
    """The names of the linear layers of a transformer's attention."""
    return [
        name
        for name, part in network.named_modules()
        if isinstance(part, nn.Linear) and ATTENTION.fullmatch(name)
    ]
