"""What a large model makes of n-grams, to be compared with what it made before it was tuned.

N: media.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from models.generation import Prompt
from models.hub.generators import load_large
from models.safety import FOR_EVERYONE, SafetyClassifier
from models.text import TextEncoder
from models.training.sheets import opened
from rl.ope.slates import Floats
from rl.tuning.hub import modality_of
from rl.tuning.hub_conventions import TunableModel
from rl.tuning.latent_media import LatentMedia
from rl.tuning.senses import Medium, open_medium, perceive_for_strangers, senses_of

SHOWN_PX = 160


class HubPainter:
    """A large model as it is served, one medium at a time, and who perceives what it makes; `seen` are pictures of it."""

    def __init__(self, model: TunableModel, weights: Path) -> None:
        self.generator = load_large(model, weights / "relevance")  # its judge says how each fits
        self.modality, self.is_judged = modality_of(model), model.judge is not None
        self.senses = senses_of(self.modality, weights)
        self.safety, self.texts = SafetyClassifier(), TextEncoder()
        self.seen: list[Image.Image] = []

    def __call__(self, prompts: Sequence[Prompt]) -> tuple[LatentMedia, Floats]:
        """The media, for strangers, and whether each may be shown to everyone (N,); sounds are not rated."""
        texts, fits, safe = [prompt.text for prompt in prompts], list[float](), list[float]()
        texts_NT = torch.from_numpy(self.texts.encode(texts))
        made = (
            self._make(prompt, fits, safe) for prompt in tqdm(prompts, self.generator.version, disable=None)
        )
        media = perceive_for_strangers(self.senses, texts, texts_NT, made)
        return replace(media, fits_N=torch.tensor(fits)) if self.is_judged else media, np.array(safe)

    def _make(self, prompt: Prompt, fits: list[float], safe: list[float]) -> Medium:
        generation = self.generator.generate([prompt])
        pictures = generation.pictures or ()
        safe.append(float(all(self.safety.rate(each) in FOR_EVERYONE for each in pictures)))
        (made,) = generation.media
        fits.append(made.cosine)
        self.seen.append(opened(made.preview or made.data, SHOWN_PX))
        return open_medium(made.data, self.modality)
