"""Media as those know them who learn from them: what preferences are learned on, and small generators.

N: media; C, F, H, W: latents (channels, frames, grid); T: text width.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from rl.log import BUCKETS


@dataclass(frozen=True, slots=True, eq=False)
class LatentMedia:
    """Latents by `rl.tuning.senses`, what media were made of and for, and what they came to show.

    `texts_NT` and `embeddings_NT` are unit vectors, of the prompts and of what the judge sees; `leanings_NT` what each
    person likes, of at most unit length and zero for a stranger. `keyframes_NCHW`: the stills that clips move; `fits_N`:
    how well each fits its prompt, by a judge that says more than the vectors.
    """

    latents_NCFHW: Tensor
    texts_NT: Tensor
    embeddings_NT: Tensor
    styles_N: Tensor
    leanings_NT: Tensor
    keyframes_NCHW: Tensor | None = None
    fits_N: Tensor | None = None

    def __len__(self) -> int:
        return len(self.latents_NCFHW)

    def take(self, rows: Tensor) -> "LatentMedia":
        """Some of the media."""
        keyframes, fits = (
            None if each is None else each[rows] for each in (self.keyframes_NCHW, self.fits_N)
        )
        return LatentMedia(
            self.latents_NCFHW[rows],
            self.texts_NT[rows],
            self.embeddings_NT[rows],
            self.styles_N[rows],
            self.leanings_NT[rows],
            keyframes,
            fits,
        )

    def for_anybody(self) -> "LatentMedia":
        """The same, without whom each was made for: a generator is not told."""
        return replace(self, leanings_NT=torch.zeros_like(self.leanings_NT))

    def relevance(self) -> Tensor:
        """The judge's cosine (N,) of each medium to its prompt."""
        return (self.texts_NT * self.embeddings_NT).sum(dim=1) if self.fits_N is None else self.fits_N


@dataclass(frozen=True, slots=True, eq=False)
class ShownMedia:
    """Media of the log: which they are, which slates they stood in, for whom, and what became of them.

    `people_N` are `store.registry.person_number`s, `weights_N` the inverse of how likely each was to be shown and
    looked at where it stood, clipped.
    """

    media: LatentMedia
    item_ids: tuple[str, ...]
    n_grams: tuple[str, ...]
    slates: tuple[str, ...]
    people_N: Tensor
    chosen_N: Tensor
    weights_N: Tensor

    def __len__(self) -> int:
        return len(self.media)

    def split(self, held_out: float) -> tuple["ShownMedia", "ShownMedia"]:
        """Learn from some people, judge with others, as `rl.log.RankingLog.split` does."""
        judged_N = self.people_N % BUCKETS < held_out * BUCKETS
        return self.take(torch.nonzero(~judged_N)[:, 0]), self.take(torch.nonzero(judged_N)[:, 0])

    def take(self, rows: Tensor) -> "ShownMedia":
        """Some of what was shown."""
        chosen = rows.tolist()
        return ShownMedia(
            self.media.take(rows),
            tuple(self.item_ids[row] for row in chosen),
            tuple(self.n_grams[row] for row in chosen),
            tuple(self.slates[row] for row in chosen),
            self.people_N[rows],
            self.chosen_N[rows],
            self.weights_N[rows],
        )


class Reward(Protocol):
    """How good media are."""

    def __call__(self, media: LatentMedia) -> Tensor:
        """A number (N,) from 0 to 1 for each, the higher the better."""
        ...
