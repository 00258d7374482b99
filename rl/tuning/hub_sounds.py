"""How the pipelines of sounds call their parts. A sound is a row of latents, and so a grid of one frame and one line.

N: sounds; C, F, H, W: latents, F and H 1; L: tokens, D: text width; S: samples.
"""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.hub.audio import finish, resample
from models.hub.judge import SAMPLE_RATE
from models.hub.model import HubAudioModel

Sound = NDArray[np.float32]


class StableAudio3:
    """How long the sound is goes in twice: as the last token of the text, and to every layer."""

    def __init__(self, model: HubAudioModel) -> None:
        self.duration_s = model.duration_s

    def velocity(
        self, network: nn.Module, latents: Tensor, times_N: Tensor, text_NLD: Tensor, known_NL: Tensor
    ) -> Tensor:
        """Tokens that pad the text are replaced by a learned one."""
        moved: Tensor = network(
            latents[:, :, 0, 0],
            times_N,
            encoder_hidden_states=text_NLD,
            global_hidden_states=text_NLD[:, -1],
            encoder_attention_mask=known_NL,
            return_dict=False,
        )[0]
        return moved[:, :, None, None]

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """Always as many tokens, and one of the duration."""
        device = pipeline.text_encoder.device
        text_1LD, known_1L = pipeline.encode_prompt([prompt], device, 1)
        duration_1D = pipeline.encode_duration(self.duration_s, device, 1, 1)
        (text_LD,), (known_L,) = pipeline.prepare_cross_attention(text_1LD, known_1L, duration_1D)
        return text_LD, known_L.bool()

    def blank(self) -> Sound:
        """Silence."""
        return np.zeros(round(SAMPLE_RATE * self.duration_s), np.float32)

    def encode(self, pipeline: Any, medium: Sound) -> Tensor:
        """The same on all channels; cut, or filled with silence, to the duration and to whole latents."""
        vae = pipeline.vae
        rate, step = vae.config.sampling_rate, vae.downsampling_ratio
        samples_S = resample(medium, SAMPLE_RATE, rate)[: int(rate * self.duration_s)]
        whole_S = np.zeros(math.ceil(self.duration_s * rate / step) * step, np.float32)
        whole_S[: len(samples_S)] = samples_S
        values_1CS = torch.from_numpy(whole_S).expand(1, vae.config.audio_channels, -1)
        latents: Tensor = vae.encode(values_1CS.to(vae.device, vae.dtype)).latents
        return latents[:, :, None, None]

    def decode(self, pipeline: Any, latents: Tensor) -> list[Sound]:
        """As they are served: mono, as loud as all others."""
        rate = pipeline.vae.config.sampling_rate
        values_NCS = pipeline.vae.decode(latents[:, :, 0, 0]).sample[..., : int(rate * self.duration_s)]
        return [finish(each, rate) for each in values_NCS.clamp(-1, 1).float().cpu().numpy()]
