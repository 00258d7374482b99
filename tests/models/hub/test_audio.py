import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.generation import Prompt
from models.hub.audio import finish, resample
from models.hub.audiocraft_sampler import load_model
from models.hub.judge import SAMPLE_RATE
from models.hub.model import HubAudioModel
from models.loudness import PEAK, TARGET_LUFS, measure
from tests.models.hub.conftest import Loaded


def test_sounds_are_opus_as_long_as_the_settings_say(loaded: Callable[[str], Loaded]) -> None:
    medium = loaded("StableAudio3Pipeline").generator.generate([Prompt("dog barks", 1)]).media[0]
    with av.open(io.BytesIO(medium.data)) as file:
        stream = file.streams.audio[0]
        assert (stream.codec.name, stream.sample_rate) == ("opus", SAMPLE_RATE)
        samples = np.concatenate([frame.to_ndarray() for frame in file.decode(stream)], axis=1)
    assert samples.shape[1] / SAMPLE_RATE == pytest.approx(1, abs=0.03)
    assert np.abs(samples).max() > 0.01
    assert (medium.mime_type, medium.width, medium.duration_ms) == ("audio/ogg", 0, 1000)
    assert medium.preview


@given(
    rate=st.sampled_from([16_000, 32_000, 44_100, 48_000]),
    pitch=st.floats(100, 3000),
    seconds=st.floats(0.5, 2),
)
@settings(max_examples=20, deadline=None)
def test_resampling_keeps_length_and_pitch(rate: int, pitch: float, seconds: float) -> None:
    tone = np.sin(2 * np.pi * pitch * np.arange(int(rate * seconds)) / rate).astype(np.float32)
    found = resample(tone, rate)
    assert len(found) / SAMPLE_RATE == pytest.approx(seconds, abs=0.002)
    spectrum = np.abs(np.fft.rfft(found * np.hanning(len(found))))
    assert spectrum.argmax() * SAMPLE_RATE / len(found) == pytest.approx(
        pitch, abs=2 * SAMPLE_RATE / len(found)
    )


def test_stereo_becomes_mono_as_loud_as_everything_else() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (2, 44_100)).astype(np.float32)
    found = finish(noise, 44_100)
    assert found.ndim == 1
    assert measure(found, SAMPLE_RATE) == pytest.approx(TARGET_LUFS, abs=0.5)
    assert np.abs(found).max() <= PEAK


def test_a_missing_judge_is_a_clear_error(loaded: Callable[[str], Loaded], tmp_path: Path) -> None:
    choice = loaded("StableAudio3Pipeline")
    with pytest.raises(ValueError, match=r"judge .*nothing"):
        choice.load(replace(choice.model, judge=str(tmp_path / "nothing")))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"duration_s": 40}, "duration_s 40"),
        ({"pipeline": "StableAudio3Pipeline", "offload": "sequential"}, "none and model"),
        ({"pipeline": "MusicGen", "lora": "x"}, "MusicGen has none"),
        ({"pipeline": "AudioGen", "offload": "model"}, "AudioGen has none"),
    ],
)
def test_what_a_model_cannot_do_is_refused_at_once(values: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        HubAudioModel(**{"checkpoint": "x", "pipeline": "StableAudio3Pipeline", **values})  # type: ignore[arg-type]


def test_without_audiocraft_the_error_says_how_to_get_it() -> None:
    with pytest.raises(ValueError, match="make audiocraft"):
        load_model(HubAudioModel(checkpoint="x", pipeline="MusicGen", device="cpu"))
