"""The diffusers pipeline that every small generator of Gramoji shares: text vectors to media.

Array names: B batch, C channels, F frames, H and W grid or pixels, T text width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from diffusers import DiffusionPipeline, FlowMatchHeunDiscreteScheduler
from diffusers.utils import BaseOutput
from torch import Tensor

from models.autoencoder import Autoencoder
from models.references import References, Wish
from models.transformer import FlowTransformer, draw_noise

Continue = Callable[[int], bool]


@dataclass
class MediaFlowOutput(BaseOutput):  # type: ignore[misc]
    """`pictures_BCFHW` premultiplied in [-1, 1], their latents, and the model evaluations that were run and planned."""

    pictures_BCFHW: Tensor
    latents_BCFHW: Tensor
    num_evaluations: int
    num_planned: int


class MediaFlowPipeline(DiffusionPipeline):  # type: ignore[misc]
    """Flow transformer, scheduler, autoencoder, references; texts come as unit vectors, so that one encoder serves all.

    A pipeline holds its scheduler's state: run one batch at a time.
    """

    def __init__(
        self,
        transformer: FlowTransformer,
        vae: Autoencoder,
        scheduler: FlowMatchHeunDiscreteScheduler,
        references: References,
    ) -> None:
        super().__init__()
        self.register_modules(transformer=transformer, vae=vae, scheduler=scheduler, references=references)

    @torch.inference_mode()
    def __call__(
        self,
        text_BT: Tensor,
        seeds: Sequence[int],
        *,
        num_inference_steps: int = 4,
        guidance_scale: float = 3.0,
        strength: float = 1.0,
        wishes: Sequence[Wish] | None = None,
        keep_going: Continue = lambda _evaluation: True,
    ) -> MediaFlowOutput:
        """Make one medium for each text and seed; the same text, seed and settings give the same pixels.

        With a `strength` of 1 it starts from noise. Below, it starts from a reference that fits the text, with noise up to
        that time (SDEdit, Meng et al. 2022): the lower, the more is kept.
        `wishes` say the style of each medium, and draw its reference towards what the person likes.
        `keep_going(evaluation)` is asked before each evaluation of the transformer. When it answers False the
        sampling stops, and the pictures are what the latents then decode to.
        """
        config = self.transformer.config
        shape = (config.latent_channels, *config.latent_shape)
        noise = torch.stack(
            [draw_noise(shape, config.shared_noise, torch.Generator().manual_seed(seed)) for seed in seeds]
        )
        wishes = wishes or [Wish()] * len(seeds)
        styles = [wish.style for wish in wishes]
        set_start(self.scheduler, num_inference_steps, strength)
        if strength < 1:
            references = self.references.latents(styles, self.references.pick(text_BT, seeds, wishes))
            noise = strength * noise + (1 - strength) * references[:, :, None]
        latents, done = integrate(
            self.transformer,
            self.scheduler,
            noise,
            text_BT,
            guidance_scale,
            keep_going,
            style_B=torch.tensor(styles),
        )
        frames = latents.transpose(1, 2).flatten(0, 1)
        pictures = self.vae.decode(frames).unflatten(0, (len(latents), -1)).transpose(1, 2)
        return MediaFlowOutput(pictures, latents, done, len(self.scheduler.timesteps))


def set_start(scheduler: FlowMatchHeunDiscreteScheduler, num_inference_steps: int, strength: float) -> None:
    """Let the steps go evenly from the time `strength` to 0: Heun's, two evaluations each, and Euler's for the last."""
    scheduler.set_timesteps(num_inference_steps)
    times = torch.linspace(strength, 0, num_inference_steps + 1)
    visited = torch.cat([times[:1], times[1:-1].repeat_interleave(2)])
    scheduler.timesteps = visited * scheduler.config.num_train_timesteps
    scheduler.sigmas = torch.cat([visited, times[-1:]])
    scheduler.set_begin_index(0)


def integrate(
    transformer: Callable[..., Tensor],
    scheduler: FlowMatchHeunDiscreteScheduler,
    latents_BCFHW: Tensor,
    text_BT: Tensor,
    guidance_scale: float,
    keep_going: Continue = lambda _evaluation: True,
    keyframes_BCHW: Tensor | None = None,
    style_B: Tensor | None = None,
) -> tuple[Tensor, int]:
    """Follow the flow from noise to latents with classifier-free guidance (Ho & Salimans 2022).

    Each evaluation runs the text and the empty text in one batch; the text alone with a guidance of 1.
    Returns the latents and the evaluations run.
    """
    transformer = in_fast_precision(transformer)
    halves = 1 if guidance_scale == 1 else 2
    texts = torch.cat([text_BT] * halves)
    drop = torch.arange(len(texts)) >= len(text_BT)
    keyframes = None if keyframes_BCHW is None else torch.cat([keyframes_BCHW] * halves)
    styles = None if style_B is None else torch.cat([style_B] * halves)
    timesteps = scheduler.timesteps[scheduler.begin_index or 0 :]
    for evaluation, timestep in enumerate(timesteps):
        if not keep_going(evaluation):
            return latents_BCFHW, evaluation
        times = (timestep / scheduler.config.num_train_timesteps).expand(len(texts))
        given, *empty = transformer(
            torch.cat([latents_BCFHW] * halves), times, texts, drop, keyframes, styles
        ).chunk(halves)
        velocity = empty[0] + guidance_scale * (given - empty[0]) if empty else given
        latents_BCFHW = scheduler.step(velocity, timestep, latents_BCFHW).prev_sample
    return latents_BCFHW, len(timesteps)


def in_fast_precision(transformer: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The transformer in bfloat16 on a CPU that multiplies it twice as fast as float32; its answers are float32."""
    fast = torch.cpu.get_capabilities().get("avx512_bf16", False)

    def run(*arguments: object) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            return transformer(*arguments).float()

    return run
