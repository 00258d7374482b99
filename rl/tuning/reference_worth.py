"""What people want of the pictures that a generator starts from, as the best policy near the one that it ships with.

Which reference a sticker starts from is the first action of its making, and decides most of what people like about it.
For one action the policy that earns most for its distance from the base policy is known exactly (Peters et al. 2010,
"Relative entropy policy search"; Rafailov et al. 2023, eq. 4): pi(k) ~ pi_base(k) exp(score(k) / temperature). The base
policy draws by likeness / T, so that a score becomes a likeness of T · score / temperature.

What everybody likes would then come up for every text near it. Against that, half of a reference's mean cosine to its
nearest texts is taken off its likeness to the one asked for (CSLS; Conneau et al. 2018, "Word translation without
parallel data"): what fits much fits nothing well.

Departures: (1) a reference is scored as it is, not by what is made of it; (2) the score is the log odds of being
selected, not the reward; (3) candidates are, as before, only those that fit about as well as the best one; (4) crowding
counts whatever the temperature.

S: styles, M: motifs, N: those pairs of them that there are, in that order; G: texts, T: text width.
"""

import torch
from torch import Tensor

from models.references import TEMPERATURE, References, Worth
from rl.tuning.latent_media import LatentMedia, Reward

LEAST = 1e-4  # of a probability, against infinite odds
NEAREST = 10  # texts


def reference_worth(
    references: References, preference: Reward, temperature: float, texts_GT: Tensor
) -> Worth:
    """The worth of references, of mean 0 in each style, for `References.prefer`; texts are those of the log."""
    there_SM = references.scales_SM > 0
    scores_N = torch.logit(preference(as_media(references)), LEAST)
    worth_SM = torch.zeros_like(references.worth_SM)
    worth_SM[there_SM] = TEMPERATURE / temperature * scores_N
    worth_SM = (worth_SM - crowding(references, texts_GT) / 2).where(there_SM, 0.0)
    means_S1 = worth_SM.sum(1, keepdim=True) / there_SM.sum(1, keepdim=True).clamp(min=1)
    return Worth((worth_SM - means_S1).where(there_SM, 0.0), references.identity)


def crowding(references: References, texts_GT: Tensor) -> Tensor:
    """The mean cosine (M,) of each motif to the texts nearest to it."""
    cosines_MG = references.keys_MT.float() @ texts_GT.T
    return cosines_MG.topk(min(NEAREST, len(texts_GT)), dim=1).values.mean(dim=1)


def as_media(references: References) -> LatentMedia:
    """All references as media, made of what they show, for strangers."""
    styles_N, rows_N = torch.nonzero(references.scales_SM > 0).unbind(1)
    keys_NT = references.keys_MT[rows_N].float()
    latents = references.latents(styles_N.tolist(), rows_N.tolist())[:, :, None].float()
    return LatentMedia(latents, keys_NT, keys_NT, styles_N, torch.zeros_like(keys_NT))
