"""The whole reward: preference, relevance, novelty and safety; nothing below the relevance floor.

N: media.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.autoencoder import Autoencoder
from models.safety import FOR_EVERYONE, SafetyClassifier
from models.sticker import to_image
from ranking.weights import RankingWeights
from rl.reward.preference import PreferenceModel
from rl.reward.settings import RewardWeights
from rl.tuning.latent_media import LatentMedia

AT_ONCE = 32
Rate = Callable[[LatentMedia], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class CombinedReward:
    """The `Reward` that tuning climbs, 0 to 1: the weighted mean of its parts, each from 0 to 1.

    The held-out twin of `preference` is not in here; it only judges the result. `safe` is asked where safety counts.
    """

    preference: PreferenceModel
    weights: RewardWeights
    ranking: RankingWeights
    safe: Rate | None = None

    def __post_init__(self) -> None:
        if self.weights.safety > 0 and self.safe is None:
            raise ValueError(f"safety is {self.weights.safety}, but nothing rates; give `safe`")

    def __call__(self, media: LatentMedia) -> Tensor:
        """The reward (N,) of each medium."""
        weights = self.weights
        parts = self.parts(media)
        total_N = torch.stack([getattr(weights, name) * part_N for name, part_N in parts.items()]).sum(0)
        mean_N = total_N / sum(getattr(weights, name) for name in parts)
        return mean_N.where(media.relevance() >= weights.relevance_floor, 0.0)

    def parts(self, media: LatentMedia) -> dict[str, Tensor]:
        """Each part (N,) that counts, by its name."""
        logits_N = (media.relevance() - self.ranking.relevance_midpoint) / self.ranking.relevance_scale
        parts = {"preference": self.preference(media), "relevance": logits_N.sigmoid()}
        if self.weights.novelty > 0:
            parts["novelty"] = novelty(media)
        if self.weights.safety > 0 and self.safe is not None:
            parts["safety"] = self.safe(media)
        return parts


def novelty(media: LatentMedia) -> Tensor:
    """1 - the highest cosine (N,) to another medium of the same text and style among these, at least 0; 1 if alone.

    Against the collapse of a generator to one picture a text. It needs the media of a text in one call; one that is
    there several times is not its own rival.
    """
    new_N = torch.ones(len(media))
    asked_for = torch.cat([media.texts_NT, media.styles_N[:, None].float()], dim=1)
    codes_N = torch.unique(asked_for, dim=0, return_inverse=True)[1]
    for code in range(int(codes_N.max()) + 1 if len(media) else 0):
        rows = torch.nonzero(codes_N == code)[:, 0]
        which_N = torch.unique(media.latents_NCFHW[rows].flatten(1), dim=0, return_inverse=True)[1]
        alike_NN = media.embeddings_NT[rows] @ media.embeddings_NT[rows].T
        alike_NN = alike_NN.masked_fill(which_N[:, None] == which_N[None], 0.0)
        new_N[rows] = (1 - alike_NN.amax(1)).clamp(0, 1)
    return new_N


def rate_by_sight(autoencoder: Autoencoder) -> Rate:
    """Decode and rate each medium: 1 if it may be shown to everyone, else 0."""
    classifier = SafetyClassifier()

    @torch.inference_mode()
    def safe(media: LatentMedia) -> Tensor:
        found = []
        for start in range(0, len(media), AT_ONCE):
            pictures = autoencoder.decode(media.latents_NCFHW[start : start + AT_ONCE, :, 0])
            found += [float(classifier.rate(to_image(each)) in FOR_EVERYONE) for each in pictures]
        return torch.tensor(found)

    return safe
