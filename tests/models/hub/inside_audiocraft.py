"""What is true of MusicGen and AudioGen. `test_audiocraft.py` runs this with the Python of `make audiocraft`."""

import io
import os
from dataclasses import replace
from pathlib import Path

import av
import pytest

from models.generation import Prompt
from models.hub.audio import HubAudioGenerator
from models.hub.model import HubAudioModel

FOLDER = Path(os.environ["TINY_AUDIOCRAFT"])


@pytest.fixture(scope="module", params=["MusicGen", "AudioGen"])
def model(request: pytest.FixtureRequest) -> HubAudioModel:
    return HubAudioModel(
        pipeline=request.param, checkpoint=str(FOLDER / request.param), judge=str(FOLDER / "clap"), device="cpu",
        guidance_scale=3, duration_s=1.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def generator(model: HubAudioModel) -> HubAudioGenerator:
    return HubAudioGenerator(model)


def test_a_batch_of_different_prompts_becomes_one_sound_each(generator: HubAudioGenerator) -> None:
    made = generator.generate([Prompt("dog barks", 1), Prompt("a red cat", 2, interests=("jazz",))])
    assert made.num_evaluations == made.num_planned > 50, "fifty tokens a second"
    first, second = made.media
    assert first.data != second.data
    for medium in made.media:
        assert (medium.mime_type, medium.duration_ms) == ("audio/ogg", 1000)
        with av.open(io.BytesIO(medium.data)) as file:
            assert file.streams.audio[0].codec.name == "opus"


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(generator: HubAudioGenerator) -> None:
    first, again, other = (generator.generate([Prompt("dog", seed)]).media[0].data for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.parametrize("stop_at", [0, 7])
def test_a_run_that_nobody_waits_for_stops_after_the_token(
    generator: HubAudioGenerator, stop_at: int
) -> None:
    whole = generator.generate([Prompt("dog", 5)])
    made = generator.generate([Prompt("dog", 5)], lambda done: done < stop_at)
    assert (made.media, made.num_evaluations) == ((), stop_at)
    assert made.num_planned == whole.num_planned
    assert generator.generate([Prompt("dog", 5)]).media[0].data == whole.media[0].data


@pytest.mark.parametrize("missing", ["checkpoint", "judge"])
def test_what_is_missing_is_named(model: HubAudioModel, missing: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"{missing} .*nothing"):
        HubAudioGenerator(replace(model, **{missing: str(tmp_path / "nothing")}))
