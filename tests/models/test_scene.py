from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.autoencoder import Autoencoder
from models.scene import SHADES, SceneMaker, to_rgb
from models.scene_references import SceneReferences
from models.text import TextEncoder
from models.transformer import FlowTransformer


@pytest.fixture(scope="module")
def tiny() -> SceneMaker:
    torch.manual_seed(0)
    vae = Autoencoder(channels=3, picture_size=64, latent_channels=4, widths=(8, 8, 16)).eval()
    transformer = FlowTransformer(4, (1, 4, 4), width=32, depth=1, heads=2, styles=len(SHADES))
    for parameter in (transformer.proj_out.weight, transformer.style_vectors):
        parameter.data.normal_(std=0.2)
    generator = torch.Generator().manual_seed(0)
    references = SceneReferences.of(
        10 * torch.eye(5, 384), torch.zeros(5), torch.randn(5, 3, 4, 4, 4, generator=generator)
    )
    return SceneMaker(transformer, vae.decoder_only(), references, num_inference_steps=2, strength=0.8)


@pytest.fixture(scope="module")
def shipped(weights: Path) -> SceneMaker:
    return SceneMaker.load(weights / "image", num_inference_steps=2, strength=0.8)


@pytest.fixture(scope="module")
def encode() -> Callable[..., torch.Tensor]:
    encoder = TextEncoder()
    return lambda *texts: torch.from_numpy(encoder.encode(texts))


def means(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(float).mean((0, 1))


def test_a_scene_is_the_same_for_a_seed_whoever_else_is_in_the_batch(tiny: SceneMaker) -> None:
    texts = torch.nn.functional.normalize(
        torch.randn(3, 384, generator=torch.Generator().manual_seed(0)), dim=1
    )
    together = tiny.make(texts, [1, 2, 3]).images
    alone = tiny.make(texts[1:2], [2]).images
    other = tiny.make(texts[1:2], [5]).images
    assert np.abs(np.asarray(together[1]).astype(int) - np.asarray(alone[0])).max() <= 1
    assert alone[0].tobytes() != other[0].tobytes()


def test_the_liked_colour_chooses_the_shade_and_without_one_the_seed_does(tiny: SceneMaker) -> None:
    text = torch.eye(1, 384)
    liked = [tiny.make(text, [3], [colour]).images[0].tobytes() for colour in SHADES]
    assert len(set(liked)) == len(SHADES)
    assert tiny.make(text, [3]).images[0].tobytes() == liked[3 % len(SHADES)]


@pytest.mark.parametrize("stop_at", [0, 2])
def test_a_scene_that_nobody_waits_for_is_not_made(tiny: SceneMaker, stop_at: int) -> None:
    made = tiny.make(torch.eye(1, 384), [1], keep_going=lambda evaluation: evaluation < stop_at)
    assert (made.images, made.num_evaluations) == ((), stop_at)
    assert tiny.num_evaluations == 3


def test_an_autoencoder_without_encoder_decodes_the_same_and_refuses_to_encode() -> None:
    whole = Autoencoder(channels=3, picture_size=64, latent_channels=4, widths=(8, 8, 16)).eval()
    half = whole.decoder_only()
    latents = torch.randn(1, 4, 4, 4)
    assert torch.equal(whole.decode(latents), half.decode(latents))
    assert sum(p.numel() for p in half.parameters()) < 0.8 * sum(p.numel() for p in whole.parameters())
    with pytest.raises(ValueError, match="decode only"):
        half.encode(torch.zeros(1, 3, 64, 64))


def test_any_number_becomes_a_pixel() -> None:
    picture = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0]).expand(3, 1, -1)
    assert np.asarray(to_rgb(picture))[0, :, 0].tolist() == [0, 0, 128, 255, 255]


def test_missing_weights_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gramoji train image"):
        SceneMaker.load(tmp_path / "none", 4, 1)


def test_the_night_is_dark_and_a_sunny_day_bright(
    shipped: SceneMaker, encode: Callable[..., torch.Tensor]
) -> None:
    night, day = shipped.make(encode("good night", "what a sunny day"), [1, 1]).images
    assert means(night).mean() < 110 < 150 < means(day).mean()


def test_somebody_who_likes_warm_colours_gets_warmer_scenes(
    shipped: SceneMaker, encode: Callable[..., torch.Tensor]
) -> None:
    texts = encode(*["happy birthday", "i am at home", "congratulations", "wow", "music"] * 2)
    red_less_blue = {}
    for colour in ("cool", "warm"):
        made = shipped.make(texts, list(range(len(texts))), [colour] * len(texts))
        red_less_blue[colour] = np.mean([means(image)[0] - means(image)[2] for image in made.images])
    assert red_less_blue["warm"] > red_less_blue["cool"] + 25


def test_two_seeds_give_scenes_that_differ(
    shipped: SceneMaker, encode: Callable[..., torch.Tensor]
) -> None:
    text = encode("happy birthday").expand(2, -1)
    first, second = (np.asarray(image).astype(int) for image in shipped.make(text, [0, 3]).images)
    assert np.abs(first - second).mean() > 8
