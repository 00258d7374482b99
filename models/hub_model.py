"""Which large model runs how."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class HubModel:
    """Which checkpoint runs how. `checkpoint` and `lora` are folders or names on the hub."""

    pipeline: Literal["SanaSprintPipeline", "Flux2KleinPipeline", "ZImagePipeline"]
    checkpoint: str
    revision: str | None = None
    device: str = "cuda"
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    num_inference_steps: int = 4
    guidance_scale: float = 1.0
    side_px: int = 768
    template: str = "a cheerful greeting card illustration for the message: {text}"
    lora: str | None = None
    compile: bool = False
    offload: Literal["none", "model", "sequential"] = "none"
    clip: str | None = None
