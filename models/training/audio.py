"""The whole job behind `gramoji train audio`: sounds in, weights and sheets out."""

from collections.abc import Sequence
from pathlib import Path

import torch

from catalog.items import CatalogItem
from models.sound_latents import SoundLatents
from models.sound_references import SoundReferences
from models.text import TextEncoder
from models.training.curves import write_loss_curves
from models.training.flow import TextBank
from models.training.job import write_sums
from models.training.settings import AudioTraining
from models.training.sounds.examples import Sounds, load_sounds
from models.training.sounds.flow import train_sound_flow
from models.training.sounds.relevance import train_sound_judge
from models.training.sounds.vocoder import train_vocoder

REFERENCES = 2  # sounds of each family; each is 12 kB of weights


def train_audio(settings: AudioTraining, items: Sequence[CatalogItem], run_dir: Path, out: Path) -> None:
    """Train, or go on training, on the sounds among `items` and on synthesised ones; `out`/audio is written."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    cache = run_dir / "sounds.safetensors"
    sounds = load_sounds(items, settings.views, settings.variants, settings.seed, cache)
    latents = SoundLatents.fit(sounds.mels_NFT, settings.latent_channels, settings.patch)
    encoder = TextEncoder()
    bank = TextBank(sounds.texts, encoder, run_dir / "texts.npz")
    vocoder = train_vocoder(sounds, latents, settings, run_dir / "vocoder")
    judge = train_sound_judge(sounds, bank, settings, run_dir / "relevance")
    transformer = train_sound_flow(sounds, latents, bank, encoder, settings, run_dir / "flow")
    references = find_references(sounds, latents, encoder, settings.variants)
    parts = {
        "transformer": transformer,
        "latents": latents,
        "references": references,
        "vocoder": vocoder,
        "relevance": judge,
    }
    for name, part in parts.items():
        part.half().save_pretrained(out / "audio" / name)
    write_sums(out)
    write_loss_curves(run_dir)


def find_references(
    sounds: Sounds, latents: SoundLatents, encoder: TextEncoder, variants: int
) -> SoundReferences:
    """The first sounds of each synthesised family, under its captions."""
    kept = min(REFERENCES, variants)
    mels = sounds.mels_NFT[sounds.num_samples :].unflatten(0, (-1, variants))[:, :kept].float()  # type: ignore[no-untyped-call]
    families = sounds.texts[sounds.num_samples :: variants]
    captions = encoder.encode([text for texts in families for text in texts])
    family_M = torch.tensor([family for family, texts in enumerate(families) for _ in texts])
    known = latents.encode(mels.flatten(0, 1))[:, :, 0, 0]
    return SoundReferences.of(
        torch.from_numpy(captions), family_M, known.view(len(families), kept, *known.shape[1:])
    )
