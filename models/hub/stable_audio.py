"""Stable Audio 3 (Stability AI), through diffusers."""

from collections.abc import Sequence

from models.generation import KeepGoing, Prompt
from models.hub.loading import HubPipeline
from models.hub.model import HubAudioModel
from models.hub.sounds import Sounds


class StableAudioSampler:
    """One diffusers pipeline."""

    def __init__(self, model: HubAudioModel) -> None:
        self.duration_s = model.duration_s
        self.pipeline = HubPipeline(model, model.pipeline)
        self.sample_rate = int(self.pipeline.loaded.vae.config.sampling_rate)

    def sample(self, prompts: Sequence[Prompt], keep_going: KeepGoing) -> Sounds:
        """One sound for each prompt, each from its own seed."""
        run = self.pipeline.run(prompts, keep_going, duration=self.duration_s, output_type="np")
        planned = self.pipeline.model.num_inference_steps
        samples = () if run.output is None else tuple(run.output.audios)
        return Sounds(samples, run.num_evaluations, planned)
