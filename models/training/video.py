"""The whole job behind `gramoji train video`: a transformer that moves a still, begun from the sticker's.

Array names: N clips, B batch, F frames, C channels, H and W pixels or the latent grid, G the field's grid, T text width.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from catalog.items import CatalogItem
from models.motion import GRID, PATCH, Animator, fields_to_latents, still_condition
from models.pipeline import MediaFlowPipeline
from models.sticker import to_image
from models.text import TextEncoder
from models.training.clips import clip_examples, load_clips, sticker_examples
from models.training.curves import write_loss_curves
from models.training.flow import TextBank
from models.training.job import write_sums
from models.training.loop import train_stage
from models.training.packing import pack
from models.training.settings import VideoTraining
from models.training.sheets import write_sheet
from models.training.stickers import load_stickers, to_float
from models.transformer import FlowTransformer, flow_matching_loss

SHEET_EVERY = 100  # stickers between those of the sheet


def train_video(settings: VideoTraining, items: Sequence[CatalogItem], run_dir: Path, out: Path) -> None:
    """Train, or go on training, on the clips and stickers among `items`; `out`/sticker is read, `out`/video written."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    sticker = MediaFlowPipeline.from_pretrained(out / "sticker")
    size, frames, seed = sticker.vae.config.picture_size, settings.frames, settings.seed
    clips = load_clips(items, size)
    stickers = load_stickers(items, size)
    examples = run_dir / "examples.safetensors"
    if not examples.exists():
        still_clips, field_clips = clip_examples(sticker.vae, clips, frames, settings.views, seed)
        still_stickers, field_stickers = sticker_examples(sticker.vae, stickers, frames, seed)
        run_dir.mkdir(parents=True, exist_ok=True)
        save_file(
            {
                "stills.clips": still_clips.contiguous(),
                "fields.clips": field_clips.contiguous(),
                "stills.stickers": still_stickers.contiguous(),
                "fields.stickers": field_stickers.contiguous(),
            },
            examples,
        )
    kept = load_file(examples)
    encoder = TextEncoder()
    banks = {
        "clips": TextBank(clips.texts, encoder, run_dir / "clip_texts.npz"),
        "stickers": TextBank(stickers.texts, encoder, run_dir / "sticker_texts.npz"),
    }
    model = begin_from(sticker.transformer, frames, settings.blocks, settings.shared_noise)

    def draw(kind: str, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        views = settings.views if kind == "clips" else 1
        chosen = torch.randint(len(kept[f"stills.{kind}"]), (count,), generator=generator)
        text_BT = banks[kind].draw(chosen // views, generator)
        return kept[f"fields.{kind}"][chosen], kept[f"stills.{kind}"][chosen], text_BT

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        artists = round(settings.flow.batch_size * settings.artists_share)
        parts = (
            draw("clips", artists, generator),
            draw("stickers", settings.flow.batch_size - artists, generator),
        )
        fields, stills, text_BT = (torch.cat(part) for part in zip(*parts, strict=True))
        return flow_matching_loss(
            compiled,
            fields_to_latents(fields),
            text_BT,
            settings.drop_text,
            generator,
            still_condition(stills),
            settings.shared_noise,
        )

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        assert isinstance(averaged, FlowTransformer)
        pictures = to_float(stickers.pictures_NCHW[::SHEET_EVERY])
        text_BT = banks["stickers"].keys()[::SHEET_EVERY]
        made = Animator(averaged).animate(
            pictures, sticker.vae.encode(pictures), text_BT, range(len(pictures)), num_inference_steps=4
        )
        rows = [[to_image(frame) for frame in clip] for clip in made.frames_BFCHW]
        write_sheet(run_dir / "sheets" / f"{step:06d}.png", rows)

    averaged = train_stage(model, loss, settings.flow, run_dir / "flow", seed=seed, report=report)
    assert isinstance(averaged, FlowTransformer)
    pack(averaged).save_pretrained(out / "video")
    write_sums(out)
    write_loss_curves(run_dir)


def begin_from(
    sticker: FlowTransformer, frames: int, blocks: tuple[int, ...], shared_noise: float
) -> FlowTransformer:
    """A transformer for fields of `frames` with these blocks, and the text and time layers, of the sticker's."""
    config = sticker.config
    model = FlowTransformer(
        latent_channels=2 * PATCH**2,
        latent_shape=(frames, GRID // PATCH, GRID // PATCH),
        text_width=config.text_width,
        text_tokens=config.text_tokens,
        width=config.width,
        depth=len(blocks),
        heads=config.heads,
        keyframe_channels=config.latent_channels * PATCH**2,
        shared_noise=shared_noise,
    )
    shared = {
        name: each
        for name, each in sticker.float().state_dict().items()
        if name.startswith(("time_embedder", "text_embedder", "text_prefix", "no_text", "modulation_out"))
    }
    for ours, theirs in enumerate(blocks):
        for name, each in sticker.blocks[theirs].state_dict().items():
            shared[f"blocks.{ours}.{name}"] = each
    model.load_state_dict(shared, strict=False)
    return model
