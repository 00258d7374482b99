from pathlib import Path

import numpy as np
import pytest
import torch

from catalog.items import CatalogItem, Term
from models.loudness import TARGET_LUFS, measure
from models.mel import NUM_SAMPLES, SAMPLE_RATE
from models.opus import decode_sound, encode_opus
from models.sound import SoundMaker
from models.training.audio import train_audio
from models.training.settings import AudioTraining, StageSettings
from models.training.sounds.examples import load_sounds, view
from models.training.sounds.families import Family, load_families

FAMILIES = load_families()


def sample(label: str, seconds: float) -> CatalogItem:
    tone = 0.3 * np.sin(2 * np.pi * 500 * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    return CatalogItem(
        "id", "audio", "audio/ogg", 0, 0, round(1000 * seconds), label, None, (Term("beep", "en", "gramoji"),),
        "g", "CC0-1.0", "someone", "package", "path", "0" * 64, encode_opus(tone.astype(np.float32), SAMPLE_RATE), None, None,
    )  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_sounds_at_an_even_loudness_and_never_twice_the_same(family: Family) -> None:
    first, again, other = (family.sound(seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)
    assert 0.4 * SAMPLE_RATE < len(first) <= NUM_SAMPLES
    assert np.isfinite(first).all()
    assert np.abs(first).max() < 1
    assert measure(first, SAMPLE_RATE) < TARGET_LUFS + 0.5


def test_there_are_many_families_and_what_is_held_out_is_not_trained_on() -> None:
    trained = [caption for family in FAMILIES for caption in family.captions]
    held_out = [caption for family in FAMILIES for caption in family.held_out]
    assert len(FAMILIES) >= 20
    assert len(set(trained)) == len(trained)
    assert not set(trained) & set(held_out)
    assert all(len(family.captions) >= 5 and len(family.held_out) == 2 for family in FAMILIES)


def test_a_catalogue_sound_is_decoded_at_our_rate_and_its_views_differ() -> None:
    samples = decode_sound(sample("beep", 0.5).data, SAMPLE_RATE)
    assert abs(len(samples) - 0.5 * SAMPLE_RATE) < 0.02 * SAMPLE_RATE
    draw = np.random.default_rng(0)
    views = [view(samples, number, draw) for number in range(3)]
    assert len({len(each) for each in views}) == 3


def test_sounds_are_kept_and_read_again(tmp_path: Path) -> None:
    first = load_sounds([sample("beep", 0.3)], 2, 1, 0, tmp_path / "sounds.safetensors")
    again = load_sounds([sample("beep", 0.3)], 2, 1, 0, tmp_path / "sounds.safetensors")
    assert torch.equal(first.samples_NS, again.samples_NS)
    assert first.num_samples == 2
    assert len(first.texts) == len(first.mels_NFT) == 2 + len(FAMILIES)
    assert first.texts[0] == ("beep",)


@pytest.mark.slow
def test_the_whole_job_at_tiny_size_makes_weights_that_make_sounds(tmp_path: Path) -> None:
    stage = StageSettings(steps=50, batch_size=2, learning_rate=1e-3, checkpoint_every=50)
    tiny = AudioTraining(
        views=1, variants=1, latent_channels=16, width=32, depth=1, vocoder_width=16, judge_width=8,
        vocoder=stage, relevance=stage, flow=stage,
    )  # fmt: skip
    train_audio(tiny, [sample("beep", 0.3)], tmp_path / "run", tmp_path / "out")
    assert (tmp_path / "run" / "loss.png").exists()
    assert (
        "audio/references/diffusion_pytorch_model.safetensors"
        in (tmp_path / "out" / "SHA256SUMS").read_text()
    )
    made = SoundMaker(tmp_path / "out" / "audio", 2, 0.75).make(torch.eye(2, 384), [1, 2])
    assert [SAMPLE_RATE <= len(wave) <= 4 * SAMPLE_RATE for wave in made.waves] == [True, True]
    assert np.allclose(np.linalg.norm(made.embeddings_BW, axis=1), 1, atol=1e-4)
