"""LoRA (Hu et al. 2022) in the file that diffusers' pipelines share: low-rank changes by the names of layers.

Stable Audio 3 neither loads nor saves one in diffusers 0.42; its transformer takes one like any other by peft.
"""

import tempfile
from pathlib import Path
from typing import Any

import fsspec
from huggingface_hub import hf_hub_download
from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import Tensor

VERSION = r"lora-[0-9a-f]{10}"  # what the registry calls one
FILE, PREFIX = "pytorch_lora_weights.safetensors", "transformer."


def save_lora(changes: dict[str, Tensor], folder: Path) -> None:
    """Write the changes of a transformer into a folder that the setting `lora` can name."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({PREFIX + name: change for name, change in changes.items()}, folder / FILE)


def load_lora(pipeline: Any, lora: str) -> None:
    """Change the pipeline's transformer by a folder, an fsspec URL of one, or a name on the hub.

    ValueError if it does not fit, OSError if it is not there.
    """
    if "://" in lora:
        with tempfile.TemporaryDirectory() as folder:
            filesystem, path = fsspec.core.url_to_fs(lora)
            filesystem.get(f"{path}/{FILE}", f"{folder}/{FILE}")
            load_lora(pipeline, folder)
        return
    if hasattr(pipeline, "load_lora_weights"):
        pipeline.load_lora_weights(lora)
        return
    file = Path(lora) / FILE if Path(lora).is_dir() else hf_hub_download(lora, FILE)
    changes = {name.removeprefix(PREFIX): change for name, change in load_file(file).items()}
    ranks = {
        name.removesuffix(".lora_A.weight"): len(change)
        for name, change in changes.items()
        if name.endswith(".lora_A.weight")
    }
    strangers = ranks.keys() - dict(pipeline.transformer.named_modules()).keys()
    if strangers or not ranks:
        raise ValueError(f"not of this transformer: {', '.join(sorted(strangers)) or 'nothing in it'}")
    config = LoraConfig(target_modules=list(ranks), rank_pattern=ranks, alpha_pattern=ranks)
    inject_adapter_in_model(config, pipeline.transformer)
    set_peft_model_state_dict(pipeline.transformer, changes)
