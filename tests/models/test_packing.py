"""Weights at rest."""

from pathlib import Path

import torch

from models.training.packing import pack
from models.transformer import FlowTransformer

WEIGHTS = Path("models/weights")


def small() -> FlowTransformer:
    torch.manual_seed(0)
    return FlowTransformer(
        latent_channels=4, latent_shape=(1, 4, 4), text_width=16, text_tokens=2, width=128, depth=1, heads=2
    )


def test_packed_weights_are_read_back_nearly_as_they_were(tmp_path: Path) -> None:
    before = {name: each.clone() for name, each in small().state_dict().items()}
    pack(small()).save_pretrained(tmp_path)
    after = FlowTransformer.from_pretrained(tmp_path).state_dict()
    assert after.keys() == before.keys()
    for name, each in after.items():
        assert each.dtype == torch.float32
        assert torch.dist(each, before[name]) <= 0.03 * before[name].norm() + 1e-6, name


def test_packing_takes_half_of_what_half_precision_takes(tmp_path: Path) -> None:
    pack(small()).save_pretrained(tmp_path / "packed")
    small().half().save_pretrained(tmp_path / "half")
    packed, half = (
        sum(path.stat().st_size for path in (tmp_path / name).glob("*.safetensors"))
        for name in ("packed", "half")
    )
    assert packed < 0.6 * half


def test_all_shipped_weights_together_are_below_60_megabytes() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.rglob("*.safetensors")) < 60_000_000
