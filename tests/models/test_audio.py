import io

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.audio import AudioGenerator
from models.generation import Prompt
from models.loudness import PEAK, TARGET_LUFS, measure, normalise
from models.speech import speakable


@pytest.fixture(scope="module")
def generator() -> AudioGenerator:
    return AudioGenerator()


def decoded(data: bytes) -> np.ndarray:
    with av.open(io.BytesIO(data)) as file:
        return np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])


@pytest.mark.parametrize("text", ["hi", "happy birthday to you", "see you tomorrow at the station, " * 9])
def test_sounds_are_opus_of_one_to_four_seconds_at_an_even_loudness(
    generator: AudioGenerator, text: str
) -> None:
    for seed in range(3):
        (sound,) = generator.generate([Prompt(text, seed)]).media
        samples = decoded(sound.data)
        assert sound.mime_type == "audio/ogg"
        assert sound.duration_ms is not None
        assert 1000 <= sound.duration_ms <= 4000
        assert abs(len(samples) / 48_000 - sound.duration_ms / 1000) < 0.05
        assert abs(measure(samples, 48_000) - TARGET_LUFS) < 1.5
        assert np.abs(samples).max() < 1.0
        assert sound.preview is not None
        assert Image.open(io.BytesIO(sound.preview)).format == "WEBP"


def test_the_same_seed_gives_the_same_bytes_and_seeds_differ_in_speed_and_music(
    generator: AudioGenerator,
) -> None:
    first, again, other = (generator.generate([Prompt("good luck", s)]).media[0].data for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_sound_means_what_it_says(generator: AudioGenerator) -> None:
    plain, decorated = generator.generate([Prompt("good luck", 1), Prompt("good luck 🍀", 1)]).media
    assert plain.cosine == pytest.approx(1, abs=1e-5)
    assert decorated.cosine < 1
    assert np.allclose(plain.embedding, decorated.embedding, atol=1e-5)


@pytest.mark.parametrize("text", ["🎂🎉", "生日快乐", "...", ""])
def test_what_cannot_be_said_is_a_clear_error(generator: AudioGenerator, text: str) -> None:
    assert speakable(text) == ""
    with pytest.raises(ValueError, match="no English words to say"):
        generator.generate([Prompt(text, 1)])


def test_a_run_that_nobody_waits_for_makes_nothing(generator: AudioGenerator) -> None:
    made = generator.generate([Prompt("one", 1), Prompt("two", 2)], lambda done: done < 1)
    assert (made.media, made.num_evaluations, made.num_planned) == ((), 1, 2)


@settings(deadline=None, max_examples=30)
@given(level=st.floats(1e-4, 50), length=st.integers(10, 30_000), seed=st.integers(0, 1000))
def test_loudness_never_clips(level: float, length: int, seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(length).astype(np.float32) * np.float32(level)
    assert np.abs(normalise(noise, 24_000)).max() <= PEAK + 1e-5


def test_silence_stays_silence() -> None:
    assert not normalise(np.zeros(5000, np.float32), 24_000).any()
