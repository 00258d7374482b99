"""Fit what tells families of scenes apart by their texts, and choose a scene of each shade.

Array names: N scenes, M captions, A families, S shades, C latent channels, H and W the latent grid, T text width.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.scene import SHADES
from models.scene_references import SceneReferences
from models.text import TextEncoder
from models.training.scenes.examples import Scenes
from models.training.scenes.shades import warmth_ranks

SHARPNESS, DECAY, ITERATIONS = 10.0, 1e-3, 60


def make_scene_references(scenes: Scenes, known_NCHW: Tensor, encoder: TextEncoder) -> SceneReferences:
    """The regression on all captions, and from the middle of each third of a family one scene."""
    texts = scenes.texts[:: scenes.variants]
    captions_MT = torch.from_numpy(encoder.encode([text for family in texts for text in family]))
    family_M = torch.tensor([row for row, family in enumerate(texts) for _ in family])
    weights_AT, bias_A = fit_families(captions_MT, family_M, len(texts))
    order_AV = warmth_ranks(scenes.pictures_NCHW, scenes.variants).argsort(1)
    middles = [(2 * shade + 1) * scenes.variants // (2 * len(SHADES)) for shade in range(len(SHADES))]
    latents = known_NCHW.unflatten(0, (-1, scenes.variants))  # type: ignore[no-untyped-call]
    rows_A1 = torch.arange(len(texts))[:, None]
    return SceneReferences.of(weights_AT, bias_A, latents[rows_A1, order_AV[:, middles]])


def fit_families(captions_MT: Tensor, family_M: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Weights (A, T) and biases (A,) of a logistic regression, by L-BFGS."""
    weights_AT = torch.zeros(count, captions_MT.shape[1], requires_grad=True)
    bias_A = torch.zeros(count, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights_AT, bias_A], max_iter=ITERATIONS)

    def closure() -> Tensor:
        optimiser.zero_grad()
        logits = SHARPNESS * captions_MT @ weights_AT.T + bias_A
        loss = F.cross_entropy(logits, family_M) + DECAY * weights_AT.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return SHARPNESS * weights_AT.detach(), bias_A.detach()
