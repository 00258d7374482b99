"""What tuning changed of the sticker generator."""

from dataclasses import dataclass

from models.references import Worth
from models.transformer import FlowTransformer


@dataclass(frozen=True, slots=True, eq=False)
class TunedSticker:
    """Its transformer, and what people want of each reference."""

    version: str
    transformer: FlowTransformer
    worth: Worth
