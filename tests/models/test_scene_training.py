from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.scene import SHADES, SceneMaker
from models.training.image import train_image
from models.training.scenes.canvas import SIZE_PX, Canvas, hsv, mix
from models.training.scenes.examples import load_scenes
from models.training.scenes.families import Family, load_families
from models.training.scenes.flow import between
from models.training.scenes.shades import shades
from models.training.settings import ImageTraining, StageSettings

FAMILIES = load_families()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_paints_the_same_by_seed_and_never_twice_the_same_by_others(family: Family) -> None:
    first, again, other = (np.asarray(family.scene(seed)).astype(int) for seed in (1, 1, 2))
    assert first.shape == (SIZE_PX, SIZE_PX, 3)
    assert (first == again).all()
    assert np.abs(first - other).mean() > 1, "another seed changes too little"
    assert first.std() > 8, "nothing is on it"


def test_there_are_many_families_and_what_is_held_out_is_not_trained_on() -> None:
    trained = [caption for family in FAMILIES for caption in family.captions]
    held_out = [caption for family in FAMILIES for caption in family.held_out]
    assert len(FAMILIES) >= 30
    assert len(set(trained)) == len(trained)
    assert len(set(held_out)) == len(held_out)
    assert not set(trained) & set(held_out)
    assert all(len(family.captions) >= 10 and len(family.held_out) >= 2 for family in FAMILIES)


@given(st.floats(-720, 720), st.floats(-1, 2), st.floats(-1, 2), st.floats(0, 1))
def test_any_colour_is_one_that_a_screen_has(
    hue: float, saturation: float, value: float, share: float
) -> None:
    first = hsv(hue, saturation, value)
    assert all(0 <= part <= 255 for part in (*first, *mix(first, (255, 255, 255), share)))


def test_light_fades_with_the_distance() -> None:
    canvas = Canvas(np.random.default_rng(0))
    canvas.glow(0.5, 0.5, 0.1, (255, 255, 255))
    row = np.asarray(canvas.finished())[SIZE_PX // 2, SIZE_PX // 2 :, 0].astype(int)
    assert row[0] > 240
    assert row[-1] == 0
    assert (np.diff(row) <= 0).all()


def test_scenes_are_kept_and_read_again(tmp_path: Path) -> None:
    first, again = (load_scenes(1, 0, tmp_path / "scenes.safetensors") for _ in range(2))
    assert torch.equal(first.pictures_NCHW, again.pictures_NCHW)
    assert first.texts[0] == FAMILIES[0].captions
    shown = first.pictures(torch.tensor([3]))
    assert shown.shape == (1, 3, SIZE_PX, SIZE_PX)
    assert -1 <= shown.min() < shown.max() <= 1


def test_a_third_of_every_family_is_cool_and_another_warm() -> None:
    blue, grey, red = (
        torch.from_numpy(np.asarray(Image.new("RGB", (8, 8), colour)).transpose(2, 0, 1).copy())
        for colour in ((20, 40, 200), (90, 90, 90), (200, 40, 20))
    )
    got = shades(torch.stack([red, blue, grey, grey + 1, blue, red]), variants=3)
    assert [SHADES[int(shade)] for shade in got] == ["warm", "cool", "neutral", "neutral", "cool", "warm"]


def test_texts_between_two_captions_are_near_to_both() -> None:
    first, second = torch.nn.functional.normalize(torch.eye(2, 384) + 0.1, dim=1).unbind()
    generator = torch.Generator().manual_seed(0)
    texts = between(first.expand(50, -1), second.expand(50, -1), generator)
    assert torch.allclose(texts.norm(dim=1), torch.ones(50), atol=1e-5)
    assert ((texts @ first) + (texts @ second)).min() > 0.9 * (1 + float(first @ second)) / 1.1


@pytest.mark.slow
def test_the_whole_job_at_tiny_size_makes_weights_that_make_scenes_and_goes_on(tmp_path: Path) -> None:
    def tiny(steps: int) -> ImageTraining:
        stage = StageSettings(steps=steps, batch_size=2, learning_rate=1e-3, checkpoint_every=50)
        return ImageTraining(
            variants=3,
            latent_channels=4,
            widths=(8, 8, 16),
            width=32,
            depth=1,
            autoencoder=stage,
            flow=stage,
            decoder=stage,
        )

    train_image(tiny(50), tmp_path / "run", tmp_path / "out")
    train_image(tiny(100), tmp_path / "run", tmp_path / "out")
    steps = [line.split(",")[0] for line in (tmp_path / "run" / "flow" / "loss.csv").read_text().split()]
    assert steps == ["50", "100"]
    assert "image/vae/diffusion_pytorch_model.safetensors" in (tmp_path / "out" / "SHA256SUMS").read_text()
    made = SceneMaker.load(tmp_path / "out" / "image", 2, 0.8).make(torch.eye(2, 384), [1, 2])
    assert [(image.mode, image.size) for image in made.images] == [("RGB", (SIZE_PX, SIZE_PX))] * 2
