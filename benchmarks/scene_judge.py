"""The judge of scenes: a picture encoder trained on synthesised scenes with seeds of its own, never on generated ones.

Array names: N pictures, M trained captions, B batch, C channels, H and W pixels, T text width.
"""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.relevance import PictureEncoder, contrastive_loss
from models.text import TextEncoder
from models.training.flow import TextBank
from models.training.loop import train_stage
from models.training.scenes.examples import Scenes, load_scenes
from models.training.scenes.families import load_families
from models.training.settings import StageSettings

NUM_OTHERS, SEED, VARIANTS = 49, 700, 48
SEEN_PX = 64
STAGE = StageSettings(
    steps=600,
    batch_size=64,
    learning_rate=1e-3,
    warmup_steps=100,
    cooldown=0.5,
    ema_decay=0.99,
    bfloat16=True,
    checkpoint_every=200,
)


class SceneJudge:
    """The encoder, and the held-out captions with the number of the family of each."""

    def __init__(self, encoder: TextEncoder, run_dir: Path) -> None:
        scenes = load_scenes(VARIANTS, SEED, run_dir / "scenes.safetensors")
        self.families = load_families()
        self.bank = TextBank(scenes.texts, encoder, run_dir / "texts.npz")
        self.model = self._train(scenes, run_dir / "relevance")
        held_out = [(text, row) for row, family in enumerate(self.families) for text in family.held_out]
        self.texts_NT = torch.from_numpy(encoder.encode([text for text, _ in held_out]))
        self.family_N = [row for _, row in held_out]
        trained = [(text, row) for row, family in enumerate(self.families) for text in family.captions]
        self.trained_MT = torch.from_numpy(encoder.encode([text for text, _ in trained]))
        self.trained_family_M = torch.tensor([row for _, row in trained])
        draw = random.Random(0)
        self.others = [
            draw.sample([i for i, other in enumerate(self.family_N) if other != row], NUM_OTHERS)
            for row in self.family_N
        ]

    def _train(self, scenes: Scenes, run_dir: Path) -> nn.Module:
        model = PictureEncoder(channels=3, picture_size=SEEN_PX, width=24)

        def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
            chosen_B = torch.randint(len(scenes.pictures_NCHW), (STAGE.batch_size,), generator=generator)
            pictures = degrade(scenes.pictures(chosen_B), generator)
            texts = self.bank.draw(chosen_B, generator)
            return contrastive_loss(compiled, model.log_temperature, pictures, texts)

        return train_stage(model, loss, STAGE, run_dir, seed=SEED, report=lambda _model, _step: None)

    def family_of(self, vectors_NT: Tensor) -> Tensor:
        """The number (N,) of the family that has the trained caption nearest to each unit vector."""
        return self.trained_family_M[(vectors_NT @ self.trained_MT.T).argmax(1)]

    @torch.inference_mode()
    def figures(self, pictures_NCHW: Tensor) -> dict[str, float]:
        """Shares of scenes (bytes, one for each held-out caption) that are right, with 95 % intervals."""
        seen = torch.cat([self.model(part.float() / 127.5 - 1) for part in pictures_NCHW.split(64)])
        own = (seen * self.texts_NT).sum(1)
        foreign = [self.texts_NT[row] @ each for row, each in zip(self.others, seen, strict=True)]
        right_family = self.family_of(seen) == torch.tensor(self.family_N)
        return {
            **share("own caption first", own > torch.stack(foreign).max(1).values),
            **share("own family", right_family),
            "median cosine": round(float(own.median()), 3),
        }


def degrade(pictures_BCHW: Tensor, generator: torch.Generator) -> Tensor:
    """Half of them blurred, all of them noisy, so that nothing hangs on what a generator does less sharply."""
    seen = F.interpolate(pictures_BCHW, size=SEEN_PX, mode="area")
    soft = F.interpolate(F.avg_pool2d(seen, 2), size=SEEN_PX, mode="bilinear")
    blurred_B = torch.rand(len(seen), 1, 1, 1, generator=generator) < 0.5
    return torch.where(blurred_B, soft, seen) + 0.1 * torch.randn(seen.shape, generator=generator)


def share(name: str, right_N: Tensor) -> dict[str, float]:
    """How many are right, with the interval of 2,000 bootstrap samples."""
    right = right_N.float().numpy()
    draw = np.random.default_rng(0)
    shares = [right[draw.integers(len(right), size=len(right))].mean() for _ in range(2000)]
    low, high = np.quantile(shares, [0.025, 0.975])
    parts = {name: right.mean(), f"{name}, low": low, f"{name}, high": high}
    return {key: round(float(value), 3) for key, value in parts.items()}
