"""What tuning changed of the sticker generator."""

from dataclasses import dataclass

from torch import Tensor

from models.transformer import FlowTransformer


@dataclass(frozen=True, slots=True, eq=False)
class TunedSticker:
    """Its transformer, and what people want of each reference (S, M): styles and motifs, as likeness to a text."""

    version: str
    transformer: FlowTransformer
    worth_SM: Tensor
