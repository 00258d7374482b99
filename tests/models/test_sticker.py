import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from catalog.checksums import file_sha256
from catalog.items import STYLES
from models.generation import Prompt
from models.mood import SHOWN_BY
from models.sticker import StickerGenerator, to_image


@pytest.fixture(scope="module")
def generator(weights: Path) -> StickerGenerator:
    return StickerGenerator(
        weights / "sticker", weights / "relevance", num_inference_steps=3, guidance_scale=3.0, strength=0.75
    )


def test_stickers_are_transparent_webp_of_at_least_128_pixels(generator: StickerGenerator) -> None:
    made = generator.generate([Prompt("red heart", 1), Prompt("cat face", 2)])
    assert made.num_evaluations == made.num_planned == 5
    for picture in made.media:
        image = Image.open(io.BytesIO(picture.data))
        assert (image.format, image.mode) == ("WEBP", "RGBA")
        assert image.size == (picture.width, picture.height) == (128, 128)
        alpha = np.asarray(image.getchannel("A"))
        assert (alpha == 0).mean() > 0.03, "no transparent ground"
        assert (alpha == 255).mean() > 0.2, "nothing solid"


def test_the_same_seed_gives_the_same_bytes(generator: StickerGenerator) -> None:
    first, again, other = (generator.generate([Prompt("dog", seed)]).media[0].data for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_each_style_draws_the_same_words_in_its_own_way(generator: StickerGenerator) -> None:
    seeds = [8 * order for order in range(6)]
    painted = {
        style: generator.paint([Prompt("cat face", seed, style=style) for seed in seeds]).pictures_BCHW
        for style in STYLES
    }
    for first, other in (("3d", "flat"), ("flat", "noto"), ("3d", "noto")):
        assert (painted[first] - painted[other]).abs().mean() > 0.05


def test_a_mood_is_seen_and_the_words_are_still_what_is_judged(generator: StickerGenerator) -> None:
    seeds = [8 * order for order in range(6)]
    texts_TD = torch.from_numpy(generator.encoder.encode([SHOWN_BY["sad"], "let's go"]))
    judged = {
        mood: generator.generate([Prompt("let's go", seed, mood=mood) for seed in seeds]).media
        for mood in ("plain", "sad")
    }
    sad = {
        mood: np.mean([medium.embedding @ texts_TD[0].numpy() for medium in media])
        for mood, media in judged.items()
    }
    assert sad["sad"] > sad["plain"] + 0.1
    assert judged["sad"][0].cosine == pytest.approx(
        float(judged["sad"][0].embedding @ texts_TD[1].numpy()), abs=1e-5
    )


def test_lettering_is_drawn_inside_the_sticker_and_off_its_edges(generator: StickerGenerator) -> None:
    plain, lettered = (
        Image.open(io.BytesIO(medium.data))
        for medium in generator.generate(
            [Prompt("good luck", 8), Prompt("good luck", 8, lettering=True)]
        ).media
    )
    assert lettered.width == 2 * plain.width
    alpha = np.asarray(lettered.getchannel("A"))
    words = alpha[round(0.8 * lettered.height) :]
    assert (words == 255).mean() > 0.2, "no letters"
    assert not (alpha[-4:] > 16).any()
    assert not (alpha[:, :4] > 16).any() or not (words[:, :4] > 16).any()
    ink = np.asarray(lettered.convert("RGB"))[round(0.8 * lettered.height) :][words == 255]
    assert (ink.min(axis=1) > 240).mean() > 0.2, "not white"


def test_two_profiles_get_visibly_different_stickers_for_the_same_words(
    generator: StickerGenerator,
) -> None:
    cats, sea = generator.encoder.encode(["cats", "sea, sailing, fish"])
    seeds = [8 * order for order in range(6)]
    ann = generator.generate([Prompt("i love you", s, cats, style="flat", colour="warm") for s in seeds])
    bob = generator.generate([Prompt("i love you", s, sea, style="noto", colour="cool") for s in seeds])
    pixels = [np.stack([np.asarray(picture) for picture in made.pictures]) for made in (ann, bob)]
    assert np.abs(pixels[0].astype(float) - pixels[1]).mean() > 40
    likes_cats = [np.mean([medium.embedding @ cats for medium in made.media]) for made in (ann, bob)]
    assert likes_cats[0] > likes_cats[1]


def test_the_judge_tells_a_fitting_text_from_a_foreign_one(generator: StickerGenerator) -> None:
    made = generator.generate([Prompt("red heart", seed) for seed in range(4)]).media
    foreign = generator.encoder.encode(["oil drum"])[0]
    assert sum(p.cosine for p in made) > sum(float(p.embedding @ foreign) for p in made)


def test_a_run_that_nobody_waits_for_makes_nothing(generator: StickerGenerator) -> None:
    made = generator.generate([Prompt("dog", 1)], keep_going=lambda evaluation: evaluation < 2)
    assert made.media == ()
    assert (made.num_evaluations, made.num_planned) == (2, 5)


def test_missing_weights_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gramoji train sticker"):
        StickerGenerator(tmp_path / "none", tmp_path / "none", 6, 3.0, 0.75)


def test_faint_haze_becomes_clear_and_nearly_solid_becomes_solid() -> None:
    picture = torch.full((4, 4, 4), -1.0)
    picture[3, 0] = 0.04 * 2 - 1
    picture[:, 1] = 0.97 * 2 - 1
    alpha = np.asarray(to_image(picture).getchannel("A"))
    assert (alpha[0] == 0).all()
    assert (alpha[1] == 255).all()


def test_the_shipped_weights_are_the_ones_whose_sums_are_recorded(weights: Path) -> None:
    lines = (weights / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == len(list(weights.rglob("*.safetensors")))
    for line in lines:
        digest, name = line.split("  ", 1)
        assert file_sha256(weights / name) == digest
