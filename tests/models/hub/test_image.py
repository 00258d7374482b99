import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from models.generation import Prompt
from models.hub.loading import describe
from tests.models.hub.conftest import Loaded
from tests.models.hub.judges import save_judge


@pytest.mark.parametrize("name", ["ZImagePipeline", "Flux2KleinPipeline", "SanaSprintPipeline"])
def test_pictures_are_opaque_webp(loaded: Callable[[str], Loaded], name: str) -> None:
    medium = loaded(name).generator.generate([Prompt("red heart", 1)]).media[0]
    image = Image.open(io.BytesIO(medium.data))
    assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (32, 32))
    assert (medium.width, medium.height, medium.duration_ms) == (32, 32, None)


@pytest.mark.parametrize("judge", ["clip", "siglip"])
def test_the_judge_of_the_settings_judges(
    loaded: Callable[[str], Loaded], tmp_path: Path, judge: str
) -> None:
    choice = loaded("Flux2KleinPipeline")
    judged = choice.load(replace(choice.model, judge=save_judge(judge, tmp_path)))
    plain, other = (each.generate([Prompt("a cab", 1)]).media[0] for each in (choice.generator, judged))
    assert plain.data == other.data
    assert plain.cosine != pytest.approx(other.cosine, abs=1e-4)


def test_what_the_person_likes_is_put_into_words() -> None:
    assert describe(Prompt("hi", 1), "a card: {text}") == "a card: hi"
    assert (
        describe(Prompt("hi", 1, interests=("cats", "jazz")), "a card: {text}")
        == "a card: hi, with cats, jazz"
    )
    assert describe(Prompt("hi", 1, mood="tender"), "a card: {text}") == "a card: hi, tender"
