"""Generators that were tuned by what people select: where their versions are, and how they are kept."""

import tempfile
from pathlib import Path

from safetensors.torch import load, save

from models.references import Worth
from models.transformer import FlowTransformer
from models.tuned import TunedSticker
from store.registry import Registry

TRANSFORMER = (
    "config.json",
    "diffusion_pytorch_model.safetensors",
)  # in the folder `transformer` of a version
WORTH = "worth.safetensors"


def tuned_files(transformer: FlowTransformer, worth: Worth) -> dict[str, bytes]:
    """The files of a version, by their names; the worth is named after the references that it is of."""
    with tempfile.TemporaryDirectory() as folder:
        transformer.save_pretrained(folder)
        files = {f"transformer/{name}": (Path(folder) / name).read_bytes() for name in TRANSFORMER}
    return files | {WORTH: save({worth.of: worth.values_SM.contiguous()})}


def read_tuned(registry: Registry, version: str) -> TunedSticker:
    """A registered version; ValueError if a file is missing."""
    with tempfile.TemporaryDirectory() as folder:
        for name in TRANSFORMER:
            (Path(folder) / name).write_bytes(registry.read(version, f"transformer/{name}"))
        transformer: FlowTransformer = FlowTransformer.from_pretrained(folder)
    ((references, values_SM),) = load(registry.read(version, WORTH)).items()
    return TunedSticker(version, transformer.eval(), Worth(values_SM, references))
