"""Would this person select this medium for this n-gram: a small ensemble on what is known of media.

Array names: N media, C latent channels, T text width, D descriptors, P projections, M members.
"""

import json
from collections.abc import Sequence

import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn import functional

from catalog.items import STYLES
from ranking.network import metadata
from rl.tuning.latent_media import LatentMedia


def describe(media: LatentMedia) -> Tensor:
    """Colour and texture (mean and deviation of each latent channel), style, fit to text and person (N, D)."""
    flat_NCX = media.latents_NCFHW.flatten(2).float()
    leaning_N = media.leanings_NT.norm(dim=1)
    fits_N3 = torch.stack(
        [media.relevance(), (media.leanings_NT * media.embeddings_NT).sum(1), leaning_N], dim=1
    )
    styles_NS = functional.one_hot(media.styles_N.long(), len(STYLES)).float()
    return torch.cat([flat_NCX.mean(2), flat_NCX.std(2), styles_NS, fits_N3], dim=1)


class Scorer(nn.Module):
    """One member: linear in the descriptors, and what a small network adds, which also sees meaning in a few directions."""

    def __init__(self, descriptors: int, text_width: int, projected: int, units: int) -> None:
        super().__init__()
        self.mean_D: Tensor
        self.deviation_D: Tensor
        self.register_buffer("mean_D", torch.zeros(descriptors))
        self.register_buffer("deviation_D", torch.ones(descriptors))
        self.project = nn.Linear(text_width, projected, bias=False)
        self.linear = nn.Linear(descriptors, 1)
        last = nn.Linear(units, 1)
        self.mlp = nn.Sequential(nn.Linear(descriptors + 3 * projected, units), nn.SiLU(), last)
        for layer in (self.linear, last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def normalise(self, descriptors_ND: Tensor) -> Tensor:
        """Descriptors of mean 0 and deviation 1 over the log, cut where nothing was learned."""
        return ((descriptors_ND - self.mean_D) / self.deviation_D).clamp(-4, 4)

    def forward(self, descriptors_ND: Tensor, media: LatentMedia) -> Tensor:
        """Scores (N,): differences within a slate say who is preferred."""
        normal_ND = self.normalise(descriptors_ND)
        scale = media.embeddings_NT.shape[1] ** 0.5
        seen_NP, said_NP, liked_NP = (
            self.project(each_NT * scale)
            for each_NT in (media.embeddings_NT, media.texts_NT, media.leanings_NT)
        )
        inputs = torch.cat([normal_ND, seen_NP, seen_NP * said_NP, seen_NP * liked_NP], dim=1)
        scores: Tensor = (self.linear(normal_ND) + self.mlp(inputs))[:, 0]
        return scores


class PreferenceModel(nn.Module):
    """The members, and the line that makes of a score the log odds of being selected once looked at."""

    def __init__(
        self, members: Sequence[Scorer], caution: float, slope: float = 1.0, offset: float = 0.0
    ) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.caution, self.slope, self.offset = caution, slope, offset

    @torch.inference_mode()
    def scores(self, media: LatentMedia) -> Tensor:
        """What each member thinks (M, N)."""
        descriptors_ND = describe(media)
        return torch.stack([member(descriptors_ND, media) for member in self.members])

    def probability(self, media: LatentMedia, caution: float = 0.0) -> Tensor:
        """That whoever looks at each medium selects it (N,), so many deviations of the members below their mean."""
        scores_MN = self.scores(media)
        cautious_N = scores_MN.mean(0) - caution * scores_MN.std(0)
        return (self.slope * cautious_N + self.offset).sigmoid()

    def forward(self, media: LatentMedia) -> Tensor:
        """The lower-confidence probability (N,) that tuning climbs: a medium unlike those of the log earns little."""
        return self.probability(media, self.caution)


def to_bytes(model: PreferenceModel) -> bytes:
    """The model as safetensors, its numbers in the metadata."""
    first = model.members[0]
    assert isinstance(first, Scorer)
    about = {
        "members": len(model.members),
        "sizes": [
            len(first.mean_D),
            first.project.in_features,
            first.project.out_features,
            first.mlp[0].out_features,
        ],
        "calibrated": [model.caution, model.slope, model.offset],
    }
    tensors = {name: each.contiguous() for name, each in model.state_dict().items()}
    return save(tensors, {"preference": json.dumps(about)})


def from_bytes(data: bytes) -> PreferenceModel:
    """The model that `to_bytes` wrote; ValueError if it is none."""
    known = metadata(data)
    if "preference" not in known:
        raise ValueError("data: no model of preferences, its metadata do not say so")
    about = json.loads(known["preference"])
    caution, slope, offset = about["calibrated"]
    model = PreferenceModel(
        [Scorer(*about["sizes"]) for _ in range(about["members"])], caution, slope, offset
    )
    model.load_state_dict(load(data))
    return model.eval()
