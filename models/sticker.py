"""The sticker generator that ships: prompts to encoded stickers, each judged for relevance."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from catalog.items import STYLES
from models.colour import picture_colour
from models.generation import OUR_LICENCE, GeneratedMedium, Generation, KeepGoing, Prompt
from models.lettering import drawable, letter
from models.mood_vectors import in_mood, mood_vectors
from models.pipeline import MediaFlowPipeline
from models.references import Wish
from models.relevance import PictureEncoder
from models.text import TextEncoder
from models.tuned import TunedSticker

CLEAR_ALPHA = 0.06  # below it a pixel is background, above 1 - it the sticker is solid


@dataclass(frozen=True, slots=True, eq=False)
class Painting:
    """Stickers before they are encoded; none of them when the sampling was stopped.

    Array names: B batch, C channels (premultiplied RGBA in [-1, 1]) or latent channels, H and W, T text width.
    """

    pictures_BCHW: Tensor
    latents_BCHW: Tensor
    texts_BT: Tensor
    num_evaluations: int
    num_planned: int

    @property
    def stopped(self) -> bool:
        """Whether nobody waited for it any more."""
        return self.num_evaluations < self.num_planned


class StickerGenerator:
    """One pipeline, one encoder, one judge. Not thread-safe: one `generate` at a time."""

    licence = OUR_LICENCE

    def __init__(
        self,
        weights: Path,
        relevance_weights: Path,
        num_inference_steps: int,
        guidance_scale: float,
        strength: float,
    ) -> None:
        for folder in (weights, relevance_weights):
            if not folder.is_dir():
                raise ValueError(f"{folder}: no such weights; train them with `gramoji train sticker`")
        self.pipeline = MediaFlowPipeline.from_pretrained(weights)
        self.judge = PictureEncoder.from_pretrained(relevance_weights).eval()
        self.encoder = TextEncoder()
        self.moods_MT = torch.from_numpy(mood_vectors(self.encoder))
        self.num_inference_steps = num_inference_steps
        self.guidance_scale = guidance_scale
        self.strength = strength
        self.version = f"sticker-{weights_checksum(weights)[:10]}"

    def retune(self, tuned: TunedSticker) -> None:
        """Paint as the tuned version does from now on, under its name; ValueError if it is of another shape."""
        mine, its = (each.config.latent_shape for each in (self.pipeline.transformer, tuned.transformer))
        if tuple(its) != tuple(mine):
            raise ValueError(f"{tuned.version}: its latents are {its}; needed are {mine}")
        try:
            self.pipeline.references.prefer(tuned.worth)
        except ValueError as error:
            raise ValueError(f"{tuned.version}: its {error}") from error
        self.pipeline.register_modules(transformer=tuned.transformer)
        self.version = tuned.version

    def check_text(self, text: str) -> None:
        """Any text can be painted."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One sticker for each prompt, in one batch; none if `keep_going` stopped it."""
        painting = self.paint(prompts, keep_going)
        if painting.stopped:
            return Generation(painting.num_evaluations, painting.num_planned)
        images = list(map(_lettered, prompts, map(to_image, painting.pictures_BCHW)))
        return self.generation(painting, images)

    def generation(self, painting: Painting, images: Sequence[Image.Image]) -> Generation:
        """The painted stickers as stills: judged as they were painted, encoded as the `images` made of them."""
        return Generation(
            painting.num_evaluations,
            painting.num_planned,
            lambda: self._finish(painting, images),
            images,
        )

    @torch.inference_mode()
    def _finish(self, painting: Painting, images: Sequence[Image.Image]) -> tuple[GeneratedMedium, ...]:
        embeddings_BT = self.judge(painting.pictures_BCHW)
        cosines_B = (embeddings_BT * painting.texts_BT).sum(1).tolist()
        return tuple(
            GeneratedMedium(
                to_webp(image),
                "image/webp",
                image.width,
                image.height,
                vector_T.numpy(),
                cosine,
                colour=picture_colour(picture_CHW),
            )
            for image, picture_CHW, vector_T, cosine in zip(
                images, painting.pictures_BCHW, embeddings_BT, cosines_B, strict=True
            )
        )

    @torch.inference_mode()
    def paint(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Painting:
        """The stickers as tensors, which other generators build on."""
        texts_BT = torch.from_numpy(self.encoder.encode([prompt.text for prompt in prompts]))
        made = self.pipeline(
            in_mood(texts_BT, [prompt.mood for prompt in prompts], self.moods_MT),
            [prompt.seed for prompt in prompts],
            num_inference_steps=self.num_inference_steps,
            guidance_scale=self.guidance_scale,
            strength=self.strength,
            wishes=[_wish(prompt) for prompt in prompts],
            keep_going=keep_going,
        )
        pictures_BCHW, latents_BCHW = made.pictures_BCFHW[:, :, 0], made.latents_BCFHW[:, :, 0]
        return Painting(
            pictures_BCHW,
            latents_BCHW,
            texts_BT,
            made.num_evaluations,
            made.num_planned,
        )


def _lettered(prompt: Prompt, image: Image.Image) -> Image.Image:
    words = drawable(prompt.text) if prompt.lettering else ""
    return with_words(image, words) if words else image


def _wish(prompt: Prompt) -> Wish:
    leaning = None if prompt.leaning is None else torch.from_numpy(prompt.leaning)
    return Wish(STYLES.index(prompt.style), leaning, prompt.colour)


def with_words(sticker: Image.Image, words: str) -> Image.Image:
    """The sticker, raised and a little smaller, above its words: white with a dark outline, off the edges."""
    side = 2 * sticker.width
    large = Image.new("RGBA", (side, side))
    raised = round(0.74 * side)
    large.alpha_composite(
        sticker.resize((raised, raised), Image.Resampling.LANCZOS), ((side - raised) // 2, 0)
    )
    margin = round(0.03 * side)
    box = (margin, round(0.68 * side), side - margin, side - margin)
    return letter(large, words, box, "white", "#3b2a5e")


def to_webp(image: Image.Image) -> bytes:
    """A still picture, encoded small with clean edges."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=90, method=4)
    return buffer.getvalue()


def to_image(picture_CHW: Tensor) -> Image.Image:
    """Premultiplied RGBA in [-1, 1] to a Pillow image with straight alpha and without haze around it."""
    values = (picture_CHW.clamp(-1, 1) + 1) / 2
    alpha = ((values[3:] - CLEAR_ALPHA) / (1 - 2 * CLEAR_ALPHA)).clamp(0, 1)
    colours = (values[:3] / values[3:].clamp(min=CLEAR_ALPHA)).clamp(0, 1)
    pixels = (torch.cat([colours, alpha]) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    return Image.fromarray(pixels, "RGBA")


def weights_checksum(folder: Path) -> str:
    """SHA-256 over every file of a weights folder, names included."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
