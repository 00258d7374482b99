"""Large open image models from a model hub, through diffusers, behind the same protocol as the small ones.

Chosen and sized in YAML (`image.hub`, see docs/hub.md). They need a GPU to be of use; nothing here depends on one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from PIL import Image
from transformers import AutoProcessor, CLIPModel

from models.generation import GeneratedMedium, Generation, KeepGoing, Prompt
from models.hub_model import HubModel
from models.relevance import PictureEncoder
from models.sticker import to_webp
from models.text import TextEncoder


class HubImageGenerator:
    """One diffusers pipeline. Not thread-safe: one `generate` at a time."""

    def __init__(self, model: HubModel, relevance_weights: Path) -> None:
        self.model = model
        self.pipeline = load_pipeline(model)
        self.encoder = TextEncoder()
        self.pictures = PictureEncoder.from_pretrained(relevance_weights).eval()
        self.judge = None if model.clip is None else ClipJudge(model.clip, model.device)
        self.version = "-".join(filter(None, [Path(model.checkpoint).name, model.revision, model.lora]))

    def check_text(self, text: str) -> None:
        """Any text can be painted."""

    @torch.inference_mode()
    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One picture for each prompt, in one batch; none if `keep_going`, asked after each step, stopped it."""
        model, done, planned = self.model, 0, self.model.num_inference_steps

        def after_step(pipeline: Any, step: int, _time: Any, kept: dict[str, Any]) -> dict[str, Any]:
            nonlocal done
            if not pipeline.interrupt:
                done = step + 1
            pipeline._interrupt = done < planned and not keep_going(done)
            return kept

        if not keep_going(0):
            return Generation((), 0, planned)
        images = self.pipeline(
            prompt=[describe(prompt, model.template) for prompt in prompts],
            generator=[torch.Generator("cpu").manual_seed(prompt.seed) for prompt in prompts],
            num_inference_steps=planned,
            guidance_scale=model.guidance_scale,
            height=model.side_px,
            width=model.side_px,
            callback_on_step_end=after_step,
            **own_arguments(model),
        ).images
        if done < planned:
            return Generation((), done, planned)
        return Generation(self._judged(prompts, images), done, planned)

    def _judged(
        self, prompts: Sequence[Prompt], images: Sequence[Image.Image]
    ) -> tuple[GeneratedMedium, ...]:
        """The vectors are the small encoder's, which has the space of the index; CLIP, if given, judges the fit."""
        pixels = [np.asarray(image.convert("RGBA").resize((128, 128))) for image in images]
        pictures = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
        vectors_BT = self.pictures(pictures).numpy()
        texts = [prompt.text for prompt in prompts]
        fits = (
            (vectors_BT * self.encoder.encode(texts)).sum(axis=1).tolist()
            if self.judge is None
            else self.judge.cosines(texts, images)
        )
        return tuple(
            GeneratedMedium(to_webp(image), "image/webp", image.width, image.height, vector, fit)
            for image, vector, fit in zip(images, vectors_BT, fits, strict=True)
        )


class ClipJudge:
    """Cosines of pictures and texts after CLIP (Radford et al. 2021)."""

    def __init__(self, checkpoint: str, device: str) -> None:
        self.model = CLIPModel.from_pretrained(checkpoint).to(device).eval()
        self.processor = AutoProcessor.from_pretrained(checkpoint)

    @torch.inference_mode()
    def cosines(self, texts: Sequence[str], images: Sequence[Image.Image]) -> list[float]:
        """One cosine for each pair."""
        inputs = self.processor(
            text=list(texts), images=[image.convert("RGB") for image in images], return_tensors="pt",
            padding=True, truncation=True,
        ).to(self.model.device)  # fmt: skip
        found = self.model(**inputs)
        cosines: list[float] = (found.text_embeds * found.image_embeds).sum(dim=1).tolist()
        return cosines


def load_pipeline(model: HubModel) -> Any:
    """The pipeline on its device; ValueError names a checkpoint or LoRA that is not there."""
    pipeline_class = getattr(diffusers, model.pipeline)
    try:
        pipeline = pipeline_class.from_pretrained(
            model.checkpoint, revision=model.revision, torch_dtype=getattr(torch, model.dtype)
        )
        if model.lora:
            pipeline.load_lora_weights(model.lora)
    except (OSError, ValueError) as error:
        raise ValueError(f"checkpoint {model.checkpoint} (lora {model.lora}): {error}") from None
    pipeline.set_progress_bar_config(disable=True)
    if model.offload == "none":
        pipeline.to(model.device)
    elif model.offload == "model":
        pipeline.enable_model_cpu_offload(device=model.device)
    else:
        pipeline.enable_sequential_cpu_offload(device=model.device)
    if model.compile:
        pipeline.transformer.compile()
    return pipeline


def own_arguments(model: HubModel) -> dict[str, Any]:
    """What only this pipeline must be told."""
    if model.pipeline != "SanaSprintPipeline":
        return {}
    # Else Sana renders in its nearest standard size, and takes the middle of two steps for any number of them.
    return {
        "use_resolution_binning": False,
        "intermediate_timesteps": 1.3 if model.num_inference_steps == 2 else None,
    }


def describe(prompt: Prompt, template: str) -> str:
    """The words in the template, and what the person likes."""
    text = template.format(text=prompt.text)
    return f"{text}, with {', '.join(prompt.interests)}" if prompt.interests else text
