import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.generation import Prompt
from models.image import ImageGenerator
from models.scene import SceneMaker
from models.sticker import StickerGenerator
from models.video import VideoGenerator


@pytest.fixture(scope="module")
def painter(weights: Path) -> StickerGenerator:
    return StickerGenerator(weights / "sticker", weights / "relevance", 3, 3.0, 0.75)


@pytest.fixture(scope="module")
def images(painter: StickerGenerator, weights: Path) -> ImageGenerator:
    return ImageGenerator(painter, SceneMaker.load(weights / "image", num_inference_steps=3, strength=0.8))


@pytest.fixture(scope="module")
def video(painter: StickerGenerator, weights: Path) -> VideoGenerator:
    return VideoGenerator(painter, weights / "video", num_inference_steps=4)


def test_images_are_opaque_and_at_least_192_pixels(images: ImageGenerator) -> None:
    made = images.generate([Prompt("red heart", 1, lettering=True), Prompt("cat face", 2)])
    for each in made.media:
        image = Image.open(io.BytesIO(each.data))
        assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (each.width, each.height))
        assert min(image.size) >= 192


def test_what_a_card_shows_is_its_subject(images: ImageGenerator, painter: StickerGenerator) -> None:
    (card,), (sticker,) = (each.generate([Prompt("good night", 1)]).media for each in (images, painter))
    assert np.array_equal(card.embedding, sticker.embedding)
    assert card.data != sticker.data


@pytest.mark.parametrize("stop_at", [0, 3, 6, 9])
def test_a_card_that_nobody_waits_for_is_stopped_in_either_model(
    images: ImageGenerator, stop_at: int
) -> None:
    made = images.generate([Prompt("dog", 1)], lambda evaluation: evaluation < stop_at)
    assert (made.media, made.num_evaluations, made.num_planned) == ((), stop_at, 5 + 5)


def test_lettering_changes_the_card(images: ImageGenerator) -> None:
    plain, lettered = images.generate([Prompt("dog", 1), Prompt("dog", 1, lettering=True)]).media
    assert plain.data != lettered.data


def test_loops_move_are_transparent_and_last_some_seconds(video: VideoGenerator) -> None:
    (loop,) = video.generate([Prompt("red heart", 1)]).media
    with Image.open(io.BytesIO(loop.data)) as image:
        assert (image.format, image.size) == ("WEBP", (loop.width, loop.height))
        assert min(image.size) >= 96
        assert image.n_frames >= 12
        frames = []
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGBA")).astype(int))
    assert all((frame[..., 3] == 0).mean() > 0.03 for frame in frames), "no transparent ground"
    assert max(np.abs(a - b).mean() for a, b in pairwise(frames)) > 0.5, "nothing moves"
    assert 1000 <= (loop.duration_ms or 0) <= 4000
    assert loop.preview is not None


@pytest.mark.parametrize("kind", ["images", "video"])
def test_the_same_seed_gives_the_same_bytes(kind: str, request: pytest.FixtureRequest) -> None:
    generator = request.getfixturevalue(kind)
    first, again, other = (generator.generate([Prompt("dog", seed)]).media[0].data for seed in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("stop_at", [0, 3, 7])
def test_a_loop_that_nobody_waits_for_is_stopped_in_either_model(
    video: VideoGenerator, stop_at: int
) -> None:
    made = video.generate([Prompt("dog", 1)], lambda evaluation: evaluation < stop_at)
    assert (made.media, made.num_evaluations, made.num_planned) == ((), stop_at, 5 + 7)


def test_missing_weights_are_a_clear_error(painter: StickerGenerator, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gramoji train video"):
        VideoGenerator(painter, tmp_path / "none", 4)


def test_people_with_different_interests_get_different_media_for_the_same_words(
    painter: StickerGenerator,
) -> None:
    cats, space = painter.encoder.encode(["cats, kittens", "space, rockets"])
    words = "i love you"
    prompts = {
        name: [Prompt(words, seed, leaning) for seed in range(6)]
        for name, leaning in (("cats", cats), ("space", space), ("nobody", None))
    }
    shown = {
        name: np.stack([m.embedding for m in painter.generate(p).media]) for name, p in prompts.items()
    }
    assert (shown["cats"] @ cats).mean() > (shown["space"] @ cats).mean() + 0.03
    assert (shown["cats"] @ cats).mean() > (shown["nobody"] @ cats).mean() + 0.03
