import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from models.generation import Prompt
from models.hub.matting import Matting, cut_out
from models.hub.sight import premultiplied
from tests.models.hub.checkpoints import sam2
from tests.models.hub.conftest import Loaded


def test_stickers_are_square_and_have_transparency(loaded: Callable[[str], Loaded]) -> None:
    medium = loaded("sticker").generator.generate([Prompt("red heart", 1)]).media[0]
    image = Image.open(io.BytesIO(medium.data))
    assert (image.format, image.mode, image.size) == ("WEBP", "RGBA", (24, 24))
    assert image.getchannel("A").getextrema()[0] < 255


def test_the_mask_has_the_size_of_the_picture_and_follows_it(tmp_path: Path) -> None:
    sam2().save_pretrained(tmp_path)
    matting = Matting(str(tmp_path), "cpu")
    red, blue = (matting.alpha(Image.new("RGB", (40, 30), colour)) for colour in ("red", "blue"))
    assert red.shape == (30, 40)
    assert 0 <= red.min() <= red.max() <= 1
    assert not np.allclose(red, blue)


def test_a_missing_matting_model_is_a_clear_error(loaded: Callable[[str], Loaded], tmp_path: Path) -> None:
    choice = loaded("sticker")
    with pytest.raises(ValueError, match=r"matting .*nothing"):
        choice.load(replace(choice.model, matting=str(tmp_path / "nothing")))


def test_a_cut_out_subject_keeps_its_colour_and_loses_the_ground() -> None:
    large = Image.new("RGB", (400, 400), "white")
    ImageDraw.Draw(large).ellipse((120, 160, 280, 320), fill="red")
    mask = Image.new("L", (400, 400))
    ImageDraw.Draw(mask).ellipse((120, 160, 280, 320), fill=255)
    picture = large.resize((100, 100), Image.Resampling.BOX)
    alpha = np.asarray(mask.resize((100, 100), Image.Resampling.BOX), dtype=np.float32) / 255
    cut = np.asarray(cut_out(picture, alpha, 64))
    assert cut.shape == (64, 64, 4)
    assert tuple(cut[32, 32]) == (255, 0, 0, 255), "the middle is the subject, though it was off centre"
    assert cut[0, 0, 3] == 0
    seen = cut[cut[..., 3] > 60]
    assert seen[:, 1].max() < 60, "no white is left in the edge"
    columns = np.flatnonzero(cut[..., 3].max(axis=0) > 128)
    assert 54 <= len(columns) <= 62, "the subject fills the square but for a margin"


def test_a_subject_that_is_nowhere_leaves_a_clear_picture() -> None:
    cut = cut_out(Image.new("RGB", (20, 10), "white"), np.zeros((10, 20), dtype=np.float32), 16)
    assert cut.size == (16, 16)
    assert cut.getchannel("A").getextrema() == (0, 0)


def test_the_small_encoder_sees_colours_times_alpha() -> None:
    seen = premultiplied([Image.new("RGBA", (8, 8), (255, 255, 255, 0)), Image.new("RGB", (8, 8), "white")])
    assert seen[0].unique().tolist() == [-1.0]
    assert seen[1].unique().tolist() == [1.0]
