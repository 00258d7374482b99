from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.mel import HOP, NUM_FRAMES, NUM_MELS, NUM_SAMPLES, SAMPLE_RATE, fitted, log_mel, mel_magnitudes
from models.sound import SoundMaker, trim
from models.sound_latents import SoundLatents
from models.sound_references import SoundReferences
from models.vocoder import Vocoder, spectral_distance


def sine(frequency_hz: float, level: float = 1.0) -> torch.Tensor:
    at = torch.arange(NUM_SAMPLES) / SAMPLE_RATE
    return level * torch.sin(2 * torch.pi * frequency_hz * at)[None]


@pytest.fixture(scope="module")
def maker(weights: Path) -> SoundMaker:
    return SoundMaker(weights / "audio", num_inference_steps=2, strength=1)


@settings(max_examples=20, deadline=None)
@given(st.floats(200, 9000), st.floats(0.01, 1))
def test_a_tone_is_as_loud_in_its_spectrogram_as_it_is(frequency_hz: float, level: float) -> None:
    mels = log_mel(sine(frequency_hz, level))
    assert mels.shape == (1, NUM_MELS, NUM_FRAMES)
    loudest = mel_magnitudes(mels)[0, :, 100].max()
    assert 0.4 * level < loudest < 2.5 * level


def test_silence_is_the_floor_of_a_spectrogram() -> None:
    assert (log_mel(torch.zeros(1, NUM_SAMPLES)) == -1).all()


@given(st.integers(0, 2 * NUM_SAMPLES))
def test_sounds_are_fitted_to_one_length(length: int) -> None:
    made = fitted(torch.ones(1, length))
    assert made.shape == (1, NUM_SAMPLES)
    assert int(made.sum()) == min(length, NUM_SAMPLES)


def test_all_components_give_a_spectrogram_back_and_fewer_give_the_nearest() -> None:
    mels = log_mel(torch.randn(6, NUM_SAMPLES, generator=torch.Generator().manual_seed(0)) * 0.1)
    whole, part, less = (SoundLatents.fit(mels, channels, patch=2) for channels in (200, 20, 4))
    errors = [
        float((each.decode(each.encode(mels)) - mels).square().mean()) for each in (whole, part, less)
    ]
    assert errors[0] < 1e-6
    assert errors[0] < errors[1] < errors[2] < float((mels - mels.mean()).square().mean())
    latents = part.encode(mels)
    assert latents.shape == (6, *part.shape) == (6, 20, 1, 1, NUM_FRAMES // 2)
    assert float(latents.square().mean()) == pytest.approx(1, rel=0.01)


def test_the_vocoder_gives_a_sample_for_every_hop_and_learns_a_tone() -> None:
    torch.manual_seed(0)
    vocoder = Vocoder(width=16, depth=1)
    real = sine(1000, 0.3)[:, : 32 * HOP]
    mels = log_mel(real)
    assert vocoder(mels).shape == (1, 32 * HOP)
    optimiser = torch.optim.Adam(vocoder.parameters(), 5e-3)
    distances = []
    for _ in range(30):
        distance = spectral_distance(vocoder(mels), real)
        optimiser.zero_grad()
        distance.backward()
        optimiser.step()
        distances.append(distance.item())
    assert distances[-1] < 0.8 * distances[0]


@given(st.integers(0, NUM_FRAMES - 1))
def test_a_sound_ends_soon_after_its_last_loud_frame(last: int) -> None:
    mel = torch.full((NUM_MELS, NUM_FRAMES), -1.0)
    mel[40, last] = 0.5
    kept = trim(np.ones(NUM_SAMPLES, np.float32), mel)
    assert SAMPLE_RATE <= len(kept) <= 4 * SAMPLE_RATE
    assert kept[-1] == 0
    assert len(np.flatnonzero(kept)) <= HOP * (last + 8)


def test_the_same_seed_gives_the_same_sound_and_another_seed_another(maker: SoundMaker) -> None:
    text = torch.nn.functional.normalize(torch.ones(1, 384), dim=1)
    first, again, other = (maker.make(text, [seed]).waves[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_sampling_stops_within_one_evaluation(maker: SoundMaker) -> None:
    text = torch.nn.functional.normalize(torch.ones(1, 384), dim=1)
    made = maker.make(text, [1], lambda evaluation: evaluation < 2)
    assert (made.waves, made.num_evaluations, made.num_planned) == ((), 2, 3)


def test_missing_weights_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gramoji train audio"):
        SoundMaker(tmp_path / "none", 4, 0.75)


def test_a_reference_is_of_the_family_whose_caption_is_nearest_and_seeds_vary_it() -> None:
    captions = torch.eye(3, 384)
    latents = torch.arange(4.0).view(2, 2, 1, 1).expand(2, 2, 4, 6)
    references = SoundReferences.of(captions, torch.tensor([0, 1, 1]), latents)
    picked = references.pick(captions, [0, 0, 1])
    assert picked.shape == (3, 4, 1, 1, 6)
    assert picked[:, 0, 0, 0, 0].tolist() == [0, 2, 3]
    assert references.nearest(captions[:1] + captions[1:2]).tolist() == [1]
