"""What a tuned generator has forgotten: how much worse it knows the pictures that it was trained on.

N: media; C, F, H, W: latents.
"""

from pathlib import Path

import numpy as np
import torch

from models.transformer import FlowTransformer
from rl.generator_evidence import Gain, mean_gain
from rl.ope.slates import Floats
from rl.tuning.latent_media import LatentMedia
from rl.tuning.settings import GeneratorTuning
from rl.tuning.stickers import training_set
from rl.tuning.velocity import Velocity, conditions_of_small

MEDIA, TIMES = 240, 4
AT_ONCE = 48


def forgetting(settings: GeneratorTuning, tuned: FlowTransformer, weights: Path) -> Gain:
    """The rise of the flow-matching loss on pictures of the training set, paired by picture, with its 95 % interval.

    As a share of the loss before: 0.01 is one percent worse. Times are those that a sticker passes as it is served.
    """
    folder = weights / "sticker"
    chance = torch.Generator().manual_seed(settings.seed)
    media = training_set(folder, MEDIA, chance)
    base = FlowTransformer.from_pretrained(folder / "transformer").float()
    before_N, after_N = (flow_losses(each, media, settings) for each in (base, tuned))
    return mean_gain((after_N - before_N) / before_N.mean(), np.random.default_rng(settings.seed))


@torch.inference_mode()
def flow_losses(network: FlowTransformer, media: LatentMedia, settings: GeneratorTuning) -> Floats:
    """The loss (N,) of each (Lipman et al. 2023, "Flow matching"), over some times, the same noise for each network."""
    velocity, chance = Velocity(network.eval()), torch.Generator().manual_seed(settings.seed)
    found = torch.zeros(len(media))
    for rows_N in torch.split(torch.arange(len(media)), AT_ONCE):
        some = media.take(rows_N)
        clean = some.latents_NCFHW.float()
        for number in range(1, TIMES + 1):
            time = settings.strength * number / TIMES
            noise = torch.randn(clean.shape, generator=chance)
            moved = velocity(
                (1 - time) * clean + time * noise, torch.full((len(some),), time), conditions_of_small(some)
            )
            found[rows_N] += (moved - (noise - clean)).square().flatten(1).mean(1) / TIMES
    losses_N: Floats = found.double().numpy()
    return losses_N
