"""The policy that chooses how media are drawn: the live version of its registry, else the hand-set shares."""

from ranking.drawing import DrawingPolicy, from_safetensors
from store.registry import Registry

DRAWING = "drawing.safetensors"  # of a version in the registry


def live_drawing(registry: Registry) -> DrawingPolicy:
    """Read it; ValueError if a file is missing or wrong."""
    version = registry.live()
    return DrawingPolicy() if version is None else read_drawing(registry, version)


def read_drawing(registry: Registry, version: str) -> DrawingPolicy:
    """A registered version; ValueError names it if its file is missing or wrong."""
    try:
        return from_safetensors(registry.read(version, DRAWING))
    except ValueError as error:
        raise ValueError(f"version {version}: {error}") from None
