"""Train the flow transformer on the latents of sounds."""

from pathlib import Path

import torch
from diffusers import FlowMatchHeunDiscreteScheduler
from torch import Tensor, nn

from models.pipeline import integrate, set_start
from models.sound import spectrogram_image
from models.sound_latents import SoundLatents
from models.text import TextEncoder
from models.training.flow import TextBank
from models.training.loop import train_stage
from models.training.settings import AudioTraining
from models.training.sheets import write_sheet
from models.training.sounds.examples import Sounds
from models.transformer import FlowTransformer, flow_matching_loss

SHEET_PROMPTS = (
    "happy birthday", "oh no", "i love you", "good night", "applause", "rain", "cat meow", "drum roll", "magic", "haha",
)  # fmt: skip


def train_sound_flow(
    sounds: Sounds,
    latents: SoundLatents,
    bank: TextBank,
    encoder: TextEncoder,
    settings: AudioTraining,
    run_dir: Path,
) -> FlowTransformer:
    """Train, or go on training, and return the averaged transformer."""
    known = torch.cat([latents.encode(part.float()) for part in torch.split(sounds.mels_NFT, 256)])
    channels, *shape = latents.shape
    model = FlowTransformer(channels, tuple(shape), width=settings.width, depth=settings.depth)
    prompts_BT = torch.from_numpy(encoder.encode(SHEET_PROMPTS))

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        chosen_B = torch.randint(len(known), (settings.flow.batch_size,), generator=generator)
        text_BT = bank.draw(chosen_B, generator)
        return flow_matching_loss(compiled, known[chosen_B], text_BT, settings.drop_text, generator)

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        scheduler = FlowMatchHeunDiscreteScheduler()
        rows = []
        for seed in range(3):
            set_start(scheduler, 8, 1.0)
            noise = torch.randn(
                len(prompts_BT), *latents.shape, generator=torch.Generator().manual_seed(seed)
            )
            made, _ = integrate(averaged, scheduler, noise, prompts_BT, guidance_scale=3)
            rows.append([spectrogram_image(mel) for mel in latents.decode(made)])
        write_sheet(run_dir / "sheets" / f"{step:06d}.png", rows, SHEET_PROMPTS)

    averaged = train_stage(model, loss, settings.flow, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, FlowTransformer)
    return averaged
