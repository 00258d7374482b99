"""The video generator that ships: paints a sticker, then animates it into a short loop.

Array names: B batch, C channels, F frames, H and W pixels, T text width.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from catalog.recipe.animation import Animation, encode_animation
from models.colour import picture_colour
from models.generation import OUR_LICENCE, GeneratedMedium, Generation, KeepGoing, Prompt
from models.motion import Animator
from models.sticker import StickerGenerator, to_image, to_webp, weights_checksum
from models.transformer import FlowTransformer

QUALITY = 75
FRAME_MS = 125
ROOM = 0.14  # of a side, left free around what moves


class VideoGenerator:
    """Paints with the sticker generator; the transformer of `gramoji train video` moves what it painted."""

    licence = OUR_LICENCE

    def __init__(self, painter: StickerGenerator, weights: Path, num_inference_steps: int) -> None:
        if not weights.is_dir():
            raise ValueError(f"{weights}: no such weights; train them with `gramoji train video`")
        self.painter = painter
        self.animator = Animator(FlowTransformer.from_pretrained(weights).eval())
        self.num_inference_steps = num_inference_steps
        painted_by = painter.version.removeprefix("sticker-")
        self.version = f"video-{weights_checksum(weights)[:10]}-{painted_by}"

    @property
    def _num_planned(self) -> int:
        return 2 * self.num_inference_steps - 1  # Heun evaluates twice a step, but once in the last

    def check_text(self, text: str) -> None:
        """Any text can be painted."""

    @torch.inference_mode()
    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One loop for each prompt; none if `keep_going` stopped it."""
        painting = self.painter.paint(prompts, keep_going)
        planned = painting.num_planned + self._num_planned
        if painting.stopped:
            return Generation(painting.num_evaluations, planned)
        stills_BCHW = with_room(painting.pictures_BCHW)
        made = self.animator.animate(
            stills_BCHW,
            self.painter.pipeline.vae.encode(stills_BCHW),
            painting.texts_BT,
            [prompt.seed for prompt in prompts],
            self.num_inference_steps,
            lambda evaluation: keep_going(painting.num_planned + evaluation),
        )
        done = painting.num_evaluations + made.num_evaluations
        if done < planned:
            return Generation(done, planned)
        clips = [tuple(map(to_image, frames_FCHW)) for frames_FCHW in made.frames_BFCHW]
        return Generation(
            done,
            planned,
            lambda: tuple(map(self._encode, clips, made.frames_BFCHW, painting.texts_BT)),
            [images[0] for images in clips],
        )

    @torch.inference_mode()
    def _encode(
        self, images: tuple[Image.Image, ...], frames_FCHW: Tensor, text_T: Tensor
    ) -> GeneratedMedium:
        embedding_T = F.normalize(self.painter.judge(frames_FCHW).mean(0), dim=0)
        animation = Animation(images, FRAME_MS)
        return GeneratedMedium(
            data=encode_animation(animation, QUALITY),
            mime_type="image/webp",
            width=images[0].width,
            height=images[0].height,
            embedding=embedding_T.numpy(),
            cosine=float(embedding_T @ text_T),
            duration_ms=animation.duration_ms,
            preview=to_webp(images[0]),
            colour=picture_colour(frames_FCHW[0]),
        )


def with_room(pictures_BCHW: Tensor) -> Tensor:
    """The pictures, a little smaller, so that what moves is not cut off."""
    side = pictures_BCHW.shape[-1]
    margin = round(ROOM * side / 2)
    inner = F.interpolate(pictures_BCHW, size=side - 2 * margin, mode="bilinear", antialias=True)
    return F.pad(inner, [margin] * 4, value=-1.0)
