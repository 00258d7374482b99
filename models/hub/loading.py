"""A diffusers pipeline, loaded as the settings say, that stops between two steps when nobody waits any more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers
import torch

from models.generation import KeepGoing, Prompt
from models.hub.lora import VERSION, load_lora
from models.hub.model import HubModel, HubStickerModel


class _Stopped(Exception):
    """Thrown out of a pipeline: its own `interrupt` would still decode, and not all pipelines have it."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What the pipeline answered, or None if it was stopped after `num_evaluations` steps."""

    output: Any
    num_evaluations: int


class HubPipeline:
    """One pipeline. Not thread-safe: one `run` at a time."""

    def __init__(self, model: HubModel, pipeline: str) -> None:
        self.model = model
        self.loaded = load_pipeline(model, pipeline)

    def run(self, prompts: Sequence[Prompt], keep_going: KeepGoing, **arguments: Any) -> Run:
        """One medium for each prompt, in one batch; `keep_going` is asked before the first and after each step."""
        done, planned = 0, self.model.num_inference_steps

        def after_step(_pipeline: Any, step: int, _time: Any, kept: dict[str, Any]) -> dict[str, Any]:
            nonlocal done
            done = step + 1
            if done < planned and not keep_going(done):
                raise _Stopped
            return kept

        if not keep_going(0):
            return Run(None, 0)
        try:
            output = self.loaded(
                prompt=[describe(prompt, self.model.template) for prompt in prompts],
                generator=[torch.Generator("cpu").manual_seed(prompt.seed) for prompt in prompts],
                num_inference_steps=planned,
                guidance_scale=self.model.guidance_scale,
                callback_on_step_end=after_step,
                **arguments,
            )
        except _Stopped:
            self.loaded.maybe_free_model_hooks()
            return Run(None, done)
        return Run(output, planned)


def load_pipeline(model: HubModel, pipeline: str, **parts: Any) -> Any:
    """The pipeline on its device; ValueError names a checkpoint or LoRA that is not there, or does not fit.

    `parts` stand in for those of the checkpoint; one that is None is left out.
    """
    dtype = getattr(torch, model.dtype)
    try:
        loaded = getattr(diffusers, pipeline).from_pretrained(
            model.checkpoint,
            revision=model.revision,
            # Wan's decoder loses detail in half precision; its authors run it in float32.
            torch_dtype={"default": dtype, "vae": torch.float32} if pipeline == "WanPipeline" else dtype,
            **parts,
        )
        if model.lora:
            load_lora(loaded, model.lora)
    except (OSError, ValueError) as error:
        raise ValueError(f"checkpoint {model.checkpoint} (lora {model.lora}): {error}") from None
    loaded.set_progress_bar_config(disable=True)
    if model.compile:
        for name in ("transformer", "transformer_2"):  # Wan 2.2 has two
            if part := getattr(loaded, name, None):
                part.compile()
    if model.offload == "none":
        loaded.to(model.device)
    elif model.offload == "model":
        loaded.enable_model_cpu_offload(device=model.device)
    else:
        loaded.enable_sequential_cpu_offload(device=model.device)
    return loaded


def load_part(model: HubModel, part: str) -> Any:
    """One network of the checkpoint, on the CPU, without the others; ValueError if it is not there."""
    try:
        return diffusers.AutoModel.from_pretrained(
            model.checkpoint,
            subfolder=part,
            revision=model.revision,
            torch_dtype=getattr(torch, model.dtype),
        )
    except (OSError, ValueError) as error:
        raise ValueError(f"checkpoint {model.checkpoint} ({part}): {error}") from None


def version_of(model: HubModel) -> str:
    """What the model is called in the metadata of what it made."""
    lora = model.lora and Path(model.lora).name
    return "-".join(filter(None, [Path(model.checkpoint).name, model.revision, lora]))


def is_by(version: str | None, model: HubModel) -> bool:
    """Whether what has this version was made by the model's checkpoint, as it is or with a LoRA of the registry."""
    base = re.escape(version_of(replace(model, lora=None)))
    cut = f"(-{re.escape(Path(model.matting).name)})?" if isinstance(model, HubStickerModel) else ""
    return re.fullmatch(f"{base}(-{VERSION})?{cut}", version or "") is not None


def describe(prompt: Prompt, template: str) -> str:
    """The words in the template, their mood, and what the person likes."""
    text = template.format(text=prompt.text)
    moody = text if prompt.mood == "plain" else f"{text}, {prompt.mood}"
    return f"{moody}, with {', '.join(prompt.interests)}" if prompt.interests else moody
