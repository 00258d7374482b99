"""Which scenes of a family are its cool, neutral and warm ones.

Array names: N scenes, C channels, H and W pixels, A families, V scenes of each.
"""

from torch import Tensor

from models.scene import SHADES


def warmth_ranks(pictures_NCHW: Tensor, variants: int) -> Tensor:
    """The place (A, V) of each scene in its family, by red less blue."""
    means_NC = pictures_NCHW.float().mean((2, 3))
    return (means_NC[:, 0] - means_NC[:, 2]).view(-1, variants).argsort(1).argsort(1)


def shades(pictures_NCHW: Tensor, variants: int) -> Tensor:
    """The number in `SHADES` (N,) of each scene: which third of its family it is in."""
    return (warmth_ranks(pictures_NCHW, variants) * len(SHADES) // variants).flatten()
