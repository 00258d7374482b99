from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.hub.judge import SAMPLE_RATE, PictureJudge, SoundJudge, on_white
from tests.models.hub.judges import save_judge

TEXTS = ["abc", "a cab"]
PICTURES = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
SECONDS = np.arange(SAMPLE_RATE, dtype=np.float32) / SAMPLE_RATE
SOUNDS = [np.sin(2 * np.pi * pitch * SECONDS) for pitch in (220, 880)]


@pytest.mark.parametrize("name", ["clip", "siglip", "siglip2"])
def test_each_picture_is_judged_with_its_own_text(tmp_path: Path, name: str) -> None:
    judge = PictureJudge(save_judge(name, tmp_path), "cpu")
    both = judge.cosines(TEXTS, PICTURES)
    alone = [judge.cosines([text], [picture])[0] for text, picture in zip(TEXTS, PICTURES, strict=True)]
    assert both == pytest.approx(alone, abs=1e-4)
    assert judge.cosines(TEXTS, PICTURES[::-1]) != pytest.approx(both, abs=1e-4)


def test_each_sound_is_judged_with_its_own_text(tmp_path: Path) -> None:
    judge = SoundJudge(save_judge("clap", tmp_path), "cpu")
    both = judge.cosines(TEXTS, SOUNDS)
    alone = [judge.cosines([text], [sound])[0] for text, sound in zip(TEXTS, SOUNDS, strict=True)]
    assert both == pytest.approx(alone, abs=1e-4)
    assert judge.cosines(TEXTS, SOUNDS[::-1]) != pytest.approx(both, abs=1e-5)


def test_a_shift_moves_every_cosine_and_none_past_one(tmp_path: Path) -> None:
    folder = save_judge("siglip", tmp_path)
    plain, shifted, far = (
        PictureJudge(folder, "cpu", by).cosines(TEXTS, PICTURES) for by in (0.0, 0.1, 5.0)
    )
    assert shifted == pytest.approx([cosine + 0.1 for cosine in plain])
    assert far == [1.0, 1.0]


def test_a_judge_that_is_missing_or_of_another_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing"):
        PictureJudge(str(tmp_path / "nothing"), "cpu")
    folder = save_judge("clap", tmp_path)
    with pytest.raises(ValueError, match="a clap; allowed are clip, siglip, siglip2"):
        PictureJudge(folder, "cpu")


def test_a_transparent_picture_is_judged_on_white() -> None:
    assert on_white(Image.new("RGBA", (2, 2), (255, 0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)
