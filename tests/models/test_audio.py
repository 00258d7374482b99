import io
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.audio import AudioGenerator, described
from models.generation import Prompt
from models.loudness import PEAK, TARGET_LUFS, measure, normalise
from models.sound import SoundMaker
from models.speech import speakable


@pytest.fixture(scope="module")
def generator(weights: Path) -> AudioGenerator:
    return AudioGenerator(SoundMaker(weights / "audio", num_inference_steps=3, strength=0.67))


def decoded(data: bytes) -> np.ndarray:
    with av.open(io.BytesIO(data)) as file:
        return np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])


@pytest.mark.parametrize("text", ["hi", "happy birthday to you", "see you tomorrow at the station, " * 9])
def test_sounds_are_opus_of_one_to_four_seconds_as_loud_as_their_peak_allows(
    generator: AudioGenerator, text: str
) -> None:
    for seed in range(3):
        (sound,) = generator.generate([Prompt(text, seed)]).media
        samples = decoded(sound.data)
        assert sound.mime_type == "audio/ogg"
        assert sound.duration_ms is not None
        assert 1000 <= sound.duration_ms <= 4000
        assert abs(len(samples) / 48_000 - sound.duration_ms / 1000) < 0.05
        loudness, peak = measure(samples, 48_000), np.abs(samples).max()
        assert loudness < TARGET_LUFS + 1.5
        assert loudness > TARGET_LUFS - 1.5 or peak > 0.75
        assert np.abs(samples).max() < 1.0
        assert sound.preview is not None
        assert Image.open(io.BytesIO(sound.preview)).format == "WEBP"


def test_the_same_seed_gives_the_same_bytes_and_seeds_differ_in_speed_and_music(
    generator: AudioGenerator,
) -> None:
    first, again, other = (generator.generate([Prompt("good luck", s)]).media[0].data for s in (1, 1, 2))
    assert first == again
    assert first != other


def seeds_of(generator: AudioGenerator, text: str, effect: bool) -> list[int]:
    text_T = generator.encoder.encode([text])[0]
    return [seed for seed in range(40) if generator.wants_effect(Prompt(text, seed), text_T) == effect]


def test_words_that_name_a_sound_are_mostly_a_sound_and_others_are_said(generator: AudioGenerator) -> None:
    assert len(seeds_of(generator, "applause", effect=True)) > 20
    assert len(seeds_of(generator, "applause", effect=False)) > 5
    assert seeds_of(generator, "shall we meet at the station tomorrow at nine", effect=True) == []


def test_speech_means_what_it_says(generator: AudioGenerator) -> None:
    text = "shall we meet at the station tomorrow at nine"
    plain, decorated = generator.generate([Prompt(text, 1), Prompt(f"{text} 🍀", 1)]).media
    assert plain.cosine == pytest.approx(1, abs=1e-5)
    assert decorated.cosine < 1
    assert np.allclose(plain.embedding, decorated.embedding, atol=1e-5)


def test_a_generated_sound_is_judged_by_how_it_sounds(generator: AudioGenerator) -> None:
    effect = seeds_of(generator, "applause", effect=True)[0]
    (sound,) = generator.generate([Prompt("applause", effect)]).media
    words = generator.encoder.encode(["applause"])[0]
    assert np.linalg.norm(sound.embedding) == pytest.approx(1, abs=1e-3)
    assert sound.cosine == pytest.approx(float(sound.embedding @ words), abs=1e-3)
    assert sound.cosine < 0.99


def test_a_batch_of_both_kinds_keeps_its_order(generator: AudioGenerator) -> None:
    said, heard = (seeds_of(generator, "applause", effect)[0] for effect in (False, True))
    prompts = [Prompt("applause", heard), Prompt("applause", said), Prompt("applause", heard)]
    first, spoken, last = generator.generate(prompts).media
    assert spoken.cosine == pytest.approx(1, abs=1e-5)
    assert max(first.cosine, last.cosine) < 0.99


@pytest.mark.parametrize("text", ["🎂🎉", "生日快乐", "с днём рождения"])
def test_what_cannot_be_said_in_english_becomes_a_sound(generator: AudioGenerator, text: str) -> None:
    assert speakable(text) == ""
    (sound,) = generator.generate([Prompt(text, 1)]).media
    assert np.abs(decoded(sound.data)).max() > 0.01


def test_symbols_are_described_by_their_names() -> None:
    assert described("party 🎂!") == "party birthday cake !"
    assert described("生日快乐") == "生日快乐"


@pytest.mark.parametrize("text", ["...", "", " ?! "])
def test_what_has_no_word_and_no_symbol_is_a_clear_error(generator: AudioGenerator, text: str) -> None:
    with pytest.raises(ValueError, match="no word or symbol"):
        generator.generate([Prompt(text, 1)])


def test_a_run_that_nobody_waits_for_makes_nothing(generator: AudioGenerator) -> None:
    said = Prompt("shall we meet at the station tomorrow", 1)
    made = generator.generate([said, said], lambda done: done < 1)
    assert (made.media, made.num_evaluations, made.num_planned) == ((), 1, 2)
    made = generator.generate([said, Prompt("🎂", 2)], lambda done: done < 3)
    assert (made.media, made.num_evaluations, made.num_planned) == ((), 3, 5 + 1)


@settings(deadline=None, max_examples=30)
@given(level=st.floats(1e-4, 50), length=st.integers(10, 30_000), seed=st.integers(0, 1000))
def test_loudness_never_clips(level: float, length: int, seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(length).astype(np.float32) * np.float32(level)
    assert np.abs(normalise(noise, 24_000)).max() <= PEAK + 1e-5


def test_silence_stays_silence() -> None:
    assert not normalise(np.zeros(5000, np.float32), 24_000).any()
