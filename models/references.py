"""The pictures that a generator starts from: those nearest in meaning to a text (compare Blattmann et al. 2022).

Array names: B batch, K picked from, M motifs, S styles, C latent channels, H and W the latent grid, T text width.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor

from catalog.items import Colour
from models.colour import WARMTH_OF
from models.generation import ORDERED

PICKED_FROM, PICKED_FROM_BY_TASTE = 8, 96
# Of what the best fit lacks to 1: what fits worse than that is not drawn, and a reference rather repeats. The surer
# the words, the less is left to choose (to "thumbs up" its own label has 0.90, "thumbs down" 0.87); taste may go farther.
MARGIN, MARGIN_BY_TASTE = 0.3, 0.6
TEMPERATURE = 0.03
TASTE = 0.6  # what a likeness to the person's taste counts beside a likeness to the text
COLOUR = 0.07  # what the difference from the warmth of the colours that they like counts
STEPS = 127  # of a latent's scale, to either side


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """What a reference should be like: the number of its style, and what the person likes.

    `leaning`, a vector (T,) of at most unit length, draws it near, the longer the stronger; so does a `colour`.
    """

    style: int = 0
    leaning: Tensor | None = None
    colour: Colour | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What people want of each reference (S, M), as likeness to a text, and the `identity` of those references."""

    values_SM: Tensor
    of: str


class References(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Latents of known pictures, each motif in several styles, by unit vectors of what they show. Nothing is trained.

    Latents are kept in eight bits with one scale a picture: an error of 0.02 where training added noise of 0.15.
    """

    @register_to_config
    def __init__(
        self,
        count: int = 1,
        styles: int = 1,
        latent_channels: int = 24,
        grid: tuple[int, int] = (8, 8),
        text_width: int = 384,
    ) -> None:
        super().__init__()
        self.register_buffer("keys_MT", torch.zeros(count, text_width))
        self.register_buffer(
            "latents_SMCHW", torch.zeros(styles, count, latent_channels, *grid, dtype=torch.int8)
        )
        self.register_buffer("scales_SM", torch.zeros(styles, count))  # 0: not drawn in this style
        self.register_buffer("warmth_SM", torch.zeros(styles, count))
        self.register_buffer("worth_SM", torch.zeros(styles, count), persistent=False)

    @classmethod
    def of(cls, keys_MT: Tensor, latents_SMCHW: Tensor, warmth_SM: Tensor) -> "References":
        """References with these keys, latents and warmth of colour; latents of zeros say that there is no picture."""
        S, M, C, H, W = latents_SMCHW.shape
        made = cls(M, S, C, (H, W), keys_MT.shape[1])
        made.keys_MT.copy_(keys_MT)
        made.warmth_SM.copy_(warmth_SM)
        made.scales_SM.copy_(latents_SMCHW.abs().amax((2, 3, 4)).half() / STEPS)
        scales = made.scales_SM[:, :, None, None, None].clamp(min=1e-6)
        made.latents_SMCHW.copy_((latents_SMCHW / scales).round().clamp(-STEPS, STEPS))
        return made

    @property
    def identity(self) -> str:
        """A checksum of which motifs there are in which styles, and where."""
        known = (self.keys_MT.half(), self.scales_SM > 0)
        shown = b"".join(each.cpu().numpy().tobytes() for each in known)
        return hashlib.sha256(shown).hexdigest()[:16]

    def prefer(self, worth: Worth) -> None:
        """Draw what people turned out to like: worth counts as a likeness to the text does, on top of it."""
        if worth.of != self.identity:
            raise ValueError(f"worth is of references {worth.of}; these are {self.identity}")
        self.worth_SM.copy_(worth.values_SM)

    def latents(self, styles: Sequence[int], rows: Sequence[int]) -> Tensor:
        """The latents (B, C, H, W) of motifs in styles."""
        scales_B = self.scales_SM[list(styles), list(rows)]
        return (
            self.latents_SMCHW[list(styles), list(rows)].to(scales_B.dtype) * scales_B[:, None, None, None]
        )

    def pick(self, text_BT: Tensor, seeds: Sequence[int], wishes: Sequence[Wish]) -> list[int]:
        """The row of one motif for each text: the nearer to it and to the wish, the likelier.

        Each block of `ORDERED` seeds, from a multiple of it, draws without repeating (Gumbel top-k, Kool et al. 2019),
        so that the media of one order differ, as long as others fit nearly as well.
        """
        return [
            self._draw(text_T, seed, wish)
            for text_T, seed, wish in zip(text_BT, seeds, wishes, strict=True)
        ]

    def _draw(self, text_T: Tensor, seed: int, wish: Wish) -> int:
        fit_M = (self.keys_MT @ text_T).masked_fill(self.scales_SM[wish.style] == 0, -torch.inf)
        plain = wish.leaning is None and wish.colour is None
        count, margin = (PICKED_FROM, MARGIN) if plain else (PICKED_FROM_BY_TASTE, MARGIN_BY_TASTE)
        near_K, rows_K = fit_M.topk(min(count, len(fit_M)))
        fit_K = near_K + self.worth_SM[wish.style, rows_K]
        if wish.leaning is not None:
            fit_K = fit_K + TASTE * (self.keys_MT[rows_K] @ wish.leaning)
        if wish.colour is not None:
            warmth_K = self.warmth_SM[wish.style, rows_K]
            fit_K = fit_K - COLOUR * (warmth_K - WARMTH_OF[wish.colour]).abs()
        order, place = divmod(seed, ORDERED)
        uniform_K = torch.rand(
            len(fit_K), generator=torch.Generator().manual_seed(order), dtype=torch.float64
        )
        drawn_K = fit_K.double() / TEMPERATURE - uniform_K.log().neg().log()
        drawn_K = drawn_K.masked_fill(
            near_K < near_K[0] - margin * (1 - near_K[0]).clamp(min=0), -torch.inf
        )
        known = int(drawn_K.isfinite().sum())
        return int(rows_K[drawn_K.argsort(descending=True)[place % known]])
