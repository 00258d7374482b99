"""What a tuned generator makes of n-grams that it has not learned from, against the generator that is live.

Q: n-grams, S: stickers of each, T: text width, N = Q · S.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.items import STYLES
from models.generation import ORDERED, Prompt
from models.safety import FOR_EVERYONE, SafetyClassifier
from models.sticker import StickerGenerator, to_image
from rl.ope.interval import bootstrap_t
from rl.ope.slates import Floats
from rl.ope.terms import Terms
from rl.tuning.latent_media import LatentMedia, Reward

AT_ONCE = 16
RELEVANCE_MARGIN = 0.02  # of the judge's cosine: more must surely not be lost


Paint = Callable[
    [Sequence[Prompt]], tuple[LatentMedia, Floats]
]  # media, and whether each may be shown to everyone


@dataclass(frozen=True, slots=True, eq=False)
class Works:
    """What a generator made of each n-gram: means over its media, and the vectors of what they show."""

    reward_Q: Floats
    relevance_Q: Floats
    diversity_Q: Floats  # mean of 1 - cosine over the pairs
    safe_Q: Floats  # share that may be shown to everyone
    embeddings_QST: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Gain:
    """A mean with its 95% interval."""

    value: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.value:+.4f} ({self.lower:+.4f} to {self.upper:+.4f})"


@dataclass(frozen=True, slots=True)
class GeneratorEvidence:
    """Candidate less live, paired by n-gram, style and seed; `distance` is 1 - cosine to what the base makes."""

    n_grams: int
    reward: Gain
    relevance: Gain
    diversity: Gain
    safe: Gain
    distance: Gain

    def objection(self, surely_liked: bool = False) -> str | None:
        """Why the candidate must not go live, if anything speaks against it; `surely_liked` if a trial says so."""
        if self.reward.lower <= 0.0 and not surely_liked:
            return "reward is not surely higher"
        if self.relevance.lower < -RELEVANCE_MARGIN:
            return f"relevance may fall by more than {RELEVANCE_MARGIN}"
        if self.safe.upper < 0.0:
            return "fewer may surely be shown to everyone"
        return None

    @property
    def objection_to_trial(self) -> str | None:
        """Why nobody must get the candidate, if it is surely worse: trying is how one learns."""
        if self.reward.upper < 0.0:
            return "reward is surely lower"
        if self.relevance.upper < -RELEVANCE_MARGIN:
            return f"relevance surely falls by more than {RELEVANCE_MARGIN}"
        if self.safe.upper < 0.0:
            return "fewer may surely be shown to everyone"
        return None

    @property
    def gains(self) -> dict[str, Gain]:
        """Each measure by its name."""
        named = ("reward", "relevance", "diversity", "safe", "distance")
        return {name: getattr(self, name) for name in named}

    @property
    def figures(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def __str__(self) -> str:
        said = ", ".join(f"{name} {gain}" for name, gain in self.gains.items())
        return f"{said}; {self.n_grams} held-out n-grams"


@torch.inference_mode()
def make(paint: Paint, n_grams: Sequence[str], num_seeds: int, reward: Reward) -> Works:
    """Let a generator make media of all n-grams in all styles by turns, the same seeds for every generator."""
    if not 2 <= num_seeds <= ORDERED:
        raise ValueError(f"num_seeds is {num_seeds}; allowed are 2 to {ORDERED}")
    prompts = [
        Prompt(n_gram, ORDERED * number + place, style=STYLES[place % len(STYLES)])
        for number, n_gram in enumerate(n_grams)
        for place in range(num_seeds)
    ]
    media, safe_N = paint(prompts)
    shape = (len(n_grams), num_seeds)
    embeddings_QST = media.embeddings_NT.reshape(*shape, -1).numpy()
    alike_QSS = embeddings_QST @ embeddings_QST.transpose(0, 2, 1)
    pairs = np.triu_indices(num_seeds, k=1)
    return Works(
        _by_n_gram(reward(media).numpy(), shape),
        _by_n_gram(media.relevance().numpy(), shape),
        (1.0 - alike_QSS[:, *pairs]).mean(axis=1, dtype=np.float64),
        _by_n_gram(safe_N, shape),
        embeddings_QST,
    )


def compare(candidate: Works, live: Works, base: Works, seed: int) -> GeneratorEvidence:
    """The differences, with intervals by the bootstrap-t over n-grams."""
    cosines_QS = (candidate.embeddings_QST * base.embeddings_QST).sum(axis=2, dtype=np.float64)
    rng = np.random.default_rng(seed)
    return GeneratorEvidence(
        len(candidate.reward_Q),
        mean_gain(candidate.reward_Q - live.reward_Q, rng),
        mean_gain(candidate.relevance_Q - live.relevance_Q, rng),
        mean_gain(candidate.diversity_Q - live.diversity_Q, rng),
        mean_gain(candidate.safe_Q - live.safe_Q, rng),
        mean_gain(1.0 - cosines_QS.mean(axis=1), rng),
    )


def paint_stickers(generator: StickerGenerator, prompts: Sequence[Prompt]) -> tuple[LatentMedia, Floats]:
    """What the small generator makes, for strangers, and whether each may be shown to everyone (N,)."""
    safety, safe, latents, texts, seen = SafetyClassifier(), [], [], [], []
    for start in range(0, len(prompts), AT_ONCE):
        painting = generator.paint(prompts[start : start + AT_ONCE])
        latents.append(painting.latents_BCHW[:, :, None])
        texts.append(painting.texts_BT)
        seen.append(generator.judge(painting.pictures_BCHW))
        safe += [float(safety.rate(to_image(each)) in FOR_EVERYONE) for each in painting.pictures_BCHW]
    texts_NT = torch.cat(texts)
    styles_N = torch.tensor([STYLES.index(prompt.style) for prompt in prompts])
    media = LatentMedia(torch.cat(latents), texts_NT, torch.cat(seen), styles_N, torch.zeros_like(texts_NT))
    return media, np.array(safe)


def _by_n_gram(values_N: NDArray[Any], shape: tuple[int, int]) -> Floats:
    means_Q: Floats = values_N.reshape(shape).mean(axis=1, dtype=np.float64)
    return means_Q


def mean_gain(values_Q: Floats, rng: np.random.Generator) -> Gain:
    """The mean, with its interval by the bootstrap-t."""
    none = np.zeros((len(values_Q), 0))
    interval = bootstrap_t(Terms(values_Q, none, none), None, rng)
    return Gain(float(values_Q.mean()), interval.lower, interval.upper)
