"""Which large model runs how: values only, so that the settings can be read without loading torch."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class HubModel:
    """What all have. `checkpoint`, `lora` and `judge` are folders or names on the hub; `judge_shift` is added to the
    judge's cosines, so that one `relevance_midpoint` of the ranking fits them all. `licence` is the SPDX identifier
    of what the model makes: see its card.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  # else pydantic passes over what it does not know

    checkpoint: str
    revision: str | None = None
    device: str = "cuda"
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    num_inference_steps: int = 4
    guidance_scale: float = 1.0
    template: str = "{text}"
    lora: str | None = None
    compile: bool = False
    offload: Literal["none", "model", "sequential"] = "none"
    judge: str | None = None
    judge_shift: float = 0.0
    licence: str = "LicenseRef-see-model-card"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubImageModel(HubModel):
    """A picture of `side_px` squared."""

    pipeline: Literal["SanaSprintPipeline", "Flux2KleinPipeline", "ZImagePipeline"]
    side_px: int = 768
    template: str = "a cheerful greeting card illustration for the message: {text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStickerModel(HubImageModel):
    """A picture whose subject `matting`, a SAM 2 checkpoint, cuts out; shown with a longest side of `shown_px`."""

    matting: str = "facebook/sam2.1-hiera-small"
    shown_px: int = 320
    template: str = (
        "a die-cut sticker of one {text}, centred, thick clean outline, on a plain white background"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HubVideoModel(HubModel):
    """`num_frames` frames, made at `width_px` by `height_px`, shown at `fps` with a longest side of `shown_px`."""

    pipeline: Literal["LTX2Pipeline", "WanPipeline"]
    num_inference_steps: int = 30
    guidance_scale: float = 5.0
    width_px: int = 480
    height_px: int = 480
    num_frames: int = 33
    fps: int = 16
    shown_px: int = 320
    template: str = "a short cheerful animation of {text}, one subject, plain background, steady camera"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAudioModel(HubModel):
    """`duration_s` of sound. MusicGen and AudioGen choose their own number type and count tokens instead of steps."""

    pipeline: Literal["StableAudio3Pipeline", "MusicGen", "AudioGen"]
    num_inference_steps: int = 8
    duration_s: float = 4.0
    template: str = "{text}, short sound effect"
    judge: str = "laion/clap-htsat-unfused"  # nothing else here hears what was made

    def __post_init__(self) -> None:
        if not 1 <= self.duration_s <= 10:
            raise ValueError(f"duration_s {self.duration_s}: 1 to 10 are allowed")
        if self.pipeline == "StableAudio3Pipeline" and self.offload == "sequential":
            raise ValueError("offload sequential: StableAudio3Pipeline allows none and model")
        if self.pipeline != "StableAudio3Pipeline" and (
            self.lora or self.compile or self.offload != "none"
        ):
            raise ValueError(f"lora, compile and offload: {self.pipeline} has none of them")
