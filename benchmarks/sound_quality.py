"""How well generated sounds fit their captions, and how true the vocoder is.

    python -m benchmarks.sound_quality [--sheet docs/sounds.png] [--samples docs/sounds]

For 112 captions that were never trained on, two of each synthesised family, a sound is generated; it counts as right when
the judge puts it closer to its own caption than to 49 of other families (chance: 2 %). The ceiling is a new synthesised
sound under the same captions. The vocoder, and fast Griffin-Lim (Perraudin et al. 2013) from the same spectrograms, are
compared on new sounds: a distance over four resolutions, and the log-spectral distance in decibels.
Seconds are of one thread.
"""

import json
import random
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor

from deployments.settings import DEFAULT_CONFIG, AppSettings
from models.loudness import normalise
from models.mel import HOP, SAMPLE_RATE, WINDOW, fitted, log_mel, magnitudes, mel_magnitudes
from models.opus import encode_opus
from models.sound import SoundMaker, spectrogram_image
from models.text import TextEncoder
from models.training.sheets import write_sheet
from models.training.sounds.families import load_families
from models.training.sounds.flow import SHEET_PROMPTS
from models.vocoder import Vocoder, spectral_distance

ROOT = Path(__file__).resolve().parent.parent
NUM_OTHERS, FIRST_NEW = 49, 900_000_000
ITERATIONS, MOMENTUM = 32, 0.99


def main(
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/sound_quality.json",
    steps: Annotated[
        list[int] | None, typer.Option(help="Heun steps; the shipped setting if not given.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="1 starts from noise alone; the shipped setting if not given.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="Also write a sheet of spectrograms.")] = None,
    samples: Annotated[Path | None, typer.Option(help="Also write a few sounds into this folder.")] = None,
) -> None:
    """Measure the sounds that ship."""
    settings = AppSettings.load(DEFAULT_CONFIG)
    assert settings.audio
    torch.set_num_threads(1)
    maker = SoundMaker(settings.audio.weights, settings.audio.num_inference_steps, settings.audio.strength)
    maker.strength = strength or maker.strength
    encoder, families = TextEncoder(), load_families()
    captions = [(caption, family) for family in families for caption in family.held_out]
    text_NW = torch.from_numpy(encoder.encode([caption for caption, _ in captions]))
    draw = random.Random(0)
    others = [
        draw.sample([i for i, (_, other) in enumerate(captions) if other is not family], NUM_OTHERS)
        for _, family in captions
    ]
    real_NS = torch.stack(
        [fitted(torch.from_numpy(family.sound(FIRST_NEW + i))) for i, (_, family) in enumerate(captions)]
    )
    figures: dict[str, object] = {
        "version": maker.version,
        "captions": len(captions),
        "of": NUM_OTHERS + 1,
        "strength": maker.strength,
    }
    with torch.inference_mode():
        figures["synthesised sounds"] = _share(maker.judge(log_mel(real_NS)[:, None]), text_NW, others)
    known = maker.latents.decode(maker.references.latents_AVDN.flatten(0, 1))
    figures["synthesised sounds, nearest reference, dB"] = _nearest(log_mel(real_NS), known)
    for count in steps or [maker.num_inference_steps]:
        maker.num_inference_steps = count
        started = time.perf_counter()
        made = [maker.make(text_NW[i : i + 1], [i]) for i in range(len(captions))]
        seconds = (time.perf_counter() - started) / len(captions)
        seen = torch.from_numpy(np.concatenate([each.embeddings_BW for each in made]))
        waves = torch.stack([fitted(torch.from_numpy(each.waves[0])) for each in made])
        figures[f"{count} steps"] = {
            **_share(seen, text_NW, others),
            "nearest reference, dB": _nearest(log_mel(waves), known),
            "seconds a sound": round(seconds, 3),
        }
    figures["vocoder"] = _fidelity(maker.vocoder, real_NS[::2])
    maker.num_inference_steps = settings.audio.num_inference_steps
    if sheet or samples:
        _show(maker, torch.from_numpy(encoder.encode(SHEET_PROMPTS)), sheet, samples)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _share(seen_NW: Tensor, text_NW: Tensor, others: list[list[int]]) -> dict[str, float]:
    own = (seen_NW * text_NW).sum(1)
    foreign = torch.stack([text_NW[row] @ seen for row, seen in zip(others, seen_NW, strict=True)])
    right = (own > foreign.max(1).values).float().numpy()
    draw = np.random.default_rng(0)
    shares = [right[draw.integers(len(right), size=len(right))].mean() for _ in range(2000)]
    low, high = np.quantile(shares, [0.025, 0.975])
    return {
        "own caption first": round(float(right.mean()), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "median cosine": round(float(own.median()), 3),
    }


def _nearest(mels_NFT: Tensor, known_MFT: Tensor) -> float:
    """The median distance to the nearest sound that one may have started from."""
    distances = torch.cdist(mels_NFT.flatten(1), known_MFT.flatten(1)).min(1).values
    return round(float(distances.median()) * 40 / mels_NFT[0].numel() ** 0.5, 2)


@torch.inference_mode()
def _fidelity(vocoder: Vocoder, real_NS: Tensor) -> dict[str, dict[str, float]]:
    mels = log_mel(real_NS)
    sung = vocoder.spectrum(mels)
    spread = (vocoder.spread_KF @ mel_magnitudes(mels)) * vocoder.window.sum() / 2
    random_phase = torch.rand(spread.shape, generator=torch.Generator().manual_seed(0)) * 2 * torch.pi
    ways = {
        "vocoder": vocoder.invert(sung),
        f"vocoder, then Griffin-Lim {ITERATIONS}": _griffin_lim(vocoder, sung),
        f"Griffin-Lim {ITERATIONS}": _griffin_lim(vocoder, torch.polar(spread, random_phase)),
    }
    return {name: _distances(made, real_NS) for name, made in ways.items()}


def _distances(made_NS: Tensor, real_NS: Tensor) -> dict[str, float]:
    made, real = (20 * magnitudes(each).clamp(min=1e-4).log10() for each in (made_NS, real_NS))
    return {
        "distance over four resolutions": round(float(spectral_distance(made_NS, real_NS)), 3),
        "log-spectral distance, dB": round(float((made - real).square().mean(1).sqrt().mean()), 2),
    }


def _griffin_lim(vocoder: Vocoder, spectrum_BKT: Tensor) -> Tensor:
    size, phase, before = spectrum_BKT.abs(), spectrum_BKT.sgn(), torch.zeros_like(spectrum_BKT)
    for _ in range(ITERATIONS):
        again = torch.stft(
            vocoder.invert(size * phase), WINDOW, HOP, window=vocoder.window, return_complex=True
        )
        again = again[..., : size.shape[2]]
        phase = (again + MOMENTUM * (again - before)).sgn()
        before = again
    return vocoder.invert(size * phase)


def _show(maker: SoundMaker, prompts_BW: Tensor, sheet: Path | None, samples: Path | None) -> None:
    rows = []
    for seed in range(4):
        made = [maker.make(text[None], [seed]).waves[0] for text in prompts_BW]
        rows.append(
            [
                spectrogram_image(log_mel(fitted(torch.from_numpy(wave))[None])[0]).resize((192, 100))
                for wave in made
            ]
        )
        for name, wave in zip(SHEET_PROMPTS, made, strict=True) if samples and seed == 0 else ():
            assert samples
            samples.mkdir(parents=True, exist_ok=True)
            (samples / f"{name.replace(' ', '-')}.ogg").write_bytes(
                encode_opus(normalise(wave, SAMPLE_RATE), SAMPLE_RATE)
            )
    if sheet:
        write_sheet(sheet, rows, SHEET_PROMPTS)


if __name__ == "__main__":
    typer.run(main)
