"""The shipped `configs/gpu.yaml` with tiny random models of the same classes on the CPU, and seconds instead of minutes."""

from pathlib import Path
from typing import Any

import torch
import yaml

from deployments.settings import DEFAULT_CONFIG
from tests.models.hub.checkpoints import PIPELINES, sam2
from tests.models.hub.judges import save_judge

SHIPPED = DEFAULT_CONFIG.with_name("gpu.yaml")
SOON = {"look_back_period_s": 3, "upscale_delay_s": 1, "downscale_delay_s": 4}
TINY: dict[str, Any] = {"device": "cpu", "dtype": "float32", "num_inference_steps": 2}
PATHS = ("weights", "relevance_weights", "ranking")
CHANGES: dict[str, dict[str, Any]] = {
    "api": {"autoscaling": {"min_replicas": 1, "max_replicas": 1}},
    "suggest": {"autoscaling": {"min_replicas": 1, "max_replicas": 1}},
    "index": {"autoscaling": {"min_replicas": 1, "max_replicas": 1}},
    "intake": {},
    "sticker": {
        "threads": 1,
        "autoscaling": SOON | {"max_replicas": 2},
        "hub": {"side_px": 32, "shown_px": 24},
    },
    "image": {"threads": 1, "autoscaling": SOON | {"downscale_to_zero_delay_s": 4}, "hub": {"side_px": 32}},
    "video": {
        "threads": 1,
        "autoscaling": SOON | {"downscale_to_zero_delay_s": 4},
        "hub": {"width_px": 32, "height_px": 64, "num_frames": 5, "shown_px": 24},
    },
    "audio": {"autoscaling": SOON | {"downscale_to_zero_delay_s": 4}, "hub": {"duration_s": 1.0}},
}


def write_overlay(folder: Path, port: int) -> Path:
    """The configuration file, with its models beside it."""
    read = yaml.safe_load(SHIPPED.read_text())
    read |= {"host": "127.0.0.1", "port": port}
    judges = {kind: save_judge(kind, folder / kind) for kind in ("siglip", "clap")}
    for name, changes in CHANGES.items():
        section = merged(read[name], changes)
        for path in section.keys() & set(PATHS):
            section[path] = str((SHIPPED.parent / section[path]).resolve())
        if "hub" in section:
            torch.manual_seed(0)
            PIPELINES[section["hub"]["pipeline"]]().save_pretrained(folder / name)
            judge = judges["clap" if name == "audio" else "siglip"]
            section["hub"] |= TINY | {"checkpoint": str(folder / name), "judge": judge}
        read[name] = section
    sam2().save_pretrained(folder / "sam2")
    read["sticker"]["hub"]["matting"] = str(folder / "sam2")
    config = folder / "gpu.yaml"
    config.write_text(yaml.safe_dump(read))
    return config


def merged(into: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`into` with what `changes` says otherwise, section by section."""
    made = dict(into)
    for key, value in changes.items():
        made[key] = merged(made.get(key, {}), value) if isinstance(value, dict) else value
    return made
