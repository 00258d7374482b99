"""Generators that were tuned by what people select: where their versions are, and their networks."""

import tempfile
from pathlib import Path

from models.transformer import FlowTransformer
from store.registry import Registry

TRANSFORMER = (
    "config.json",
    "diffusion_pytorch_model.safetensors",
)  # in the folder `transformer` of a version


def generators_url(url: str, modality: str) -> str:
    """Where the versions of one generator are: in a folder of the ranker's registry."""
    return f"{url.rstrip('/')}/generators/{modality}"


def generator_registry(url: str, modality: str) -> Registry:
    """The registry of the versions of one generator."""
    return Registry(generators_url(url, modality))


def read_transformer(registry: Registry, version: str) -> FlowTransformer:
    """The network of a registered version; ValueError if a file is missing."""
    with tempfile.TemporaryDirectory() as folder:
        for name in TRANSFORMER:
            (Path(folder) / name).write_bytes(registry.read(version, f"transformer/{name}"))
        transformer: FlowTransformer = FlowTransformer.from_pretrained(folder)
    return transformer.eval()
