"""MusicGen (Copet et al. 2023) and AudioGen (Kreuk et al. 2023), through audiocraft in an environment of its own."""

from collections.abc import Sequence
from typing import Any

import torch

from models.generation import KeepGoing, Prompt
from models.hub.loading import describe
from models.hub.model import HubAudioModel
from models.hub.sounds import Sounds


class _Stopped(Exception):
    """Thrown out of the sampling by its progress callback."""


class AudiocraftSampler:
    """One language model of sound."""

    def __init__(self, model: HubAudioModel) -> None:
        self.template = model.template
        self.loaded = load_model(model)
        self.loaded.set_generation_params(duration=model.duration_s, cfg_coef=model.guidance_scale)
        self.sample_rate = int(self.loaded.sample_rate)
        self.num_planned = int(model.duration_s * self.loaded.frame_rate) + 1

    def sample(self, prompts: Sequence[Prompt], keep_going: KeepGoing) -> Sounds:
        """One sound for each prompt. They are drawn from one stream of chance, which all their seeds begin."""
        done, planned = 0, self.num_planned

        def after_token(number: int, of: int) -> None:
            nonlocal done, planned
            done, planned = number, of
            if done < planned and not keep_going(done):
                raise _Stopped

        if not keep_going(0):
            return Sounds((), 0, planned)
        self.loaded.set_custom_progress_callback(after_token)
        texts = [describe(prompt, self.template) for prompt in prompts]
        with torch.random.fork_rng():
            torch.manual_seed(hash(tuple(prompt.seed for prompt in prompts)))
            try:
                samples_BCS = self.loaded.generate(texts, progress=True)
            except _Stopped:
                return Sounds((), done, planned)
        return Sounds(tuple(samples_BCS.float().cpu().numpy()), planned, planned)


def load_model(model: HubAudioModel) -> Any:
    """The model on its device; ValueError names a checkpoint, or audiocraft itself, that is not there."""
    try:
        from audiocraft import models as audiocraft_models
    except ImportError as error:
        raise ValueError(
            f"{model.pipeline} needs audiocraft ({error}): run `make audiocraft` and set audio.python"
        ) from None
    try:
        return getattr(audiocraft_models, model.pipeline).get_pretrained(
            model.checkpoint, device=model.device
        )
    except (OSError, ValueError) as error:
        raise ValueError(f"checkpoint {model.checkpoint}: {error}") from None
