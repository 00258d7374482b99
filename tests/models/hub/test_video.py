import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from models.generation import Prompt
from models.hub.video import own_arguments, shrink
from tests.models.hub.conftest import Loaded
from tests.models.hub.judges import save_judge

VIDEO = ["WanPipeline", "LTX2Pipeline"]


@pytest.mark.parametrize("name", VIDEO)
def test_clips_are_animated_webp_with_a_still_preview(loaded: Callable[[str], Loaded], name: str) -> None:
    medium = loaded(name).generator.generate([Prompt("red heart", 1)]).media[0]
    clip = Image.open(io.BytesIO(medium.data))
    assert (clip.format, clip.n_frames, clip.size) == ("WEBP", 5, (12, 24))  # type: ignore[attr-defined]
    assert (medium.width, medium.height, medium.duration_ms) == (12, 24, 5 * round(1000 / 16))
    assert medium.preview
    still = Image.open(io.BytesIO(medium.preview))
    assert (still.format, still.size) == ("WEBP", (12, 24))


def test_a_judge_sees_the_frames(loaded: Callable[[str], Loaded], tmp_path: Path) -> None:
    choice = loaded("WanPipeline")
    judged = choice.load(replace(choice.model, judge=save_judge("siglip", tmp_path)))
    plain, other = (each.generate([Prompt("a cab", 1)]).media[0] for each in (choice.generator, judged))
    assert plain.cosine != pytest.approx(other.cosine, abs=1e-4)


def test_without_guidance_ltx_2_runs_its_transformer_once_a_step(loaded: Callable[[str], Loaded]) -> None:
    choice = loaded("LTX2Pipeline")
    calls = []
    for guidance_scale in (1.0, 3.0):
        counted = choice.load(replace(choice.model, guidance_scale=guidance_scale))
        runs: list[int] = []
        counted.pipeline.loaded.transformer.register_forward_hook(lambda *_, runs=runs: runs.append(1))
        counted.generate([Prompt("dog", 1)])
        calls.append(len(runs))
    assert calls == [2, 6]


def test_each_pipeline_is_told_only_what_it_knows(loaded: Callable[[str], Loaded]) -> None:
    assert own_arguments(loaded("WanPipeline").model) == {}
    assert own_arguments(loaded("LTX2Pipeline").model)["frame_rate"] == 16.0


@pytest.mark.parametrize(("size", "shown"), [((64, 32), (24, 12)), ((20, 10), (20, 10))])
def test_frames_are_shrunk_but_never_blown_up(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert shrink(Image.new("RGB", size), 24).size == shown
