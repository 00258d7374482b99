"""What surrounds the sticker generator when it learns: the training set, its sampler's starts, its judge, its sheet.

N: media; C, F, H, W: latents; T: text width.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from models.pipeline import MediaFlowPipeline
from models.references import References, Wish
from models.relevance import PictureEncoder
from models.sticker import to_image
from rl.tuning.chain_runner import Starts
from rl.tuning.examples import IS_REPLAY, LATENTS, OPTIMALITY, WEIGHTS, Columns, optimality
from rl.tuning.latent_media import LatentMedia, Reward, ShownMedia
from rl.tuning.reference_worth import as_media
from rl.tuning.run import Subject
from rl.tuning.settings import GeneratorTuning
from rl.tuning.velocity import conditions_of_small, load_small

SHEET_STEPS = 2  # Heun's, as stickers are served


class StickerStudio:
    """Prompts of the log with the styles they had, references as in serving, and a reward of what was made."""

    def __init__(self, weights: str, relevance_weights: str, media: LatentMedia, reward: Reward) -> None:
        self.pipeline = MediaFlowPipeline.from_pretrained(Path(weights))
        self.sight = PictureEncoder.from_pretrained(Path(relevance_weights)).eval()
        self.media, self.reward = media, reward
        self.strength = 1.0

    def begin(self, prompts: int, group: int, generator: torch.Generator) -> Starts:
        """Prompts drawn from the log, each `group` times with noise and a reference of its own."""
        drawn_N = torch.randint(len(self.media), (prompts,), generator=generator).repeat_interleave(group)
        asked = self.media.take(drawn_N)
        styles = asked.styles_N.tolist()
        seeds = torch.randint(2**31, (len(asked),), generator=generator).tolist()
        wishes = [Wish(style) for style in styles]
        texts_NT = asked.texts_NT.float()
        references = self.pipeline.references
        known = references.latents(styles, references.pick(texts_NT, seeds, wishes))[:, :, None].float()
        noise = torch.randn(known.shape, generator=generator)
        given = {
            "given_text": texts_NT,
            "given_style": asked.styles_N,
            "given_drop": torch.zeros(len(asked), dtype=torch.bool),
            "given_leaning": torch.zeros_like(asked.leanings_NT),
        }
        latents = self.strength * noise + (1 - self.strength) * known
        return Starts(latents, given, torch.arange(prompts).repeat_interleave(group))

    @torch.inference_mode()
    def judge(self, latents: Tensor, starts: Starts) -> Tensor:
        """The reward (N,) of media, as seen."""
        pictures = self.pipeline.vae.decode(latents[:, :, 0])
        given = starts.given
        return self.reward(
            LatentMedia(
                latents,
                given["given_text"],
                self.sight(pictures),
                given["given_style"],
                given["given_leaning"],
            )
        )


def studio(
    weights: str, relevance_weights: str, media: LatentMedia, reward: Reward, strength: float
) -> StickerStudio:
    """A studio whose chains begin at this time."""
    made = StickerStudio(weights, relevance_weights, media, reward)
    made.strength = strength
    return made


def sticker_subject(
    settings: GeneratorTuning, media: LatentMedia, reward: Reward, weights: Path
) -> Subject:
    """The sticker transformer, and its studio."""
    folder = (weights / "sticker").resolve()
    around = {
        "weights": str(folder),
        "relevance_weights": str((weights / "relevance").resolve()),
        "media": media,
        "reward": reward,
        "strength": settings.strength,
    }
    velocity = {"transformer": str(folder / "transformer"), "lora_rank": settings.lora_rank}
    return Subject(load_small, velocity, studio, around)


def sticker_rows(settings: GeneratorTuning, shown: ShownMedia, reward: Reward, weights: Path) -> Columns:
    """What was shown, and a share of the training set."""
    optimality_N = optimality(reward(shown.media.for_anybody()), shown.n_grams)
    rows = to_rows(shown.media, optimality_N, shown.weights_N / shown.weights_N.mean(), is_replay=False)
    chance = torch.Generator().manual_seed(settings.seed)
    kept = training_set(weights / "sticker", round(settings.replay * len(shown)), chance)
    if not len(kept):
        return rows
    zeros_N = torch.zeros(len(kept))
    old = to_rows(kept, zeros_N, zeros_N, is_replay=True)
    return {name: torch.cat([values, old[name]]) for name, values in rows.items()}


def to_rows(media: LatentMedia, optimality_N: Tensor, weights_N: Tensor, is_replay: bool) -> Columns:
    """Media as columns."""
    return {
        LATENTS: media.latents_NCFHW.float(),
        OPTIMALITY: optimality_N.float(),
        WEIGHTS: weights_N.float(),
        IS_REPLAY: torch.full((len(media),), float(is_replay)),
        **conditions_of_small(media),
    }


def training_set(weights: Path, count: int, generator: torch.Generator) -> LatentMedia:
    """Pictures of the training set, drawn evenly over all motifs and styles: the references are its latents."""
    there = as_media(References.from_pretrained(weights / "references"))
    return there.take(torch.randint(len(there), (count,), generator=generator))


def paint(
    pipeline: MediaFlowPipeline,
    texts_NT: Tensor,
    seeds: Sequence[int],
    strength: float,
    guidance: float,
) -> list[Image.Image]:
    """One sticker for each text and seed, as served."""
    made = pipeline(
        texts_NT, seeds, num_inference_steps=SHEET_STEPS, strength=strength, guidance_scale=guidance
    )
    return [to_image(picture) for picture in made.pictures_BCFHW[:, :, 0]]
