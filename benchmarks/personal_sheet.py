"""What the same words become for different people: a sheet of stickers and cards, to look at.

    python -m benchmarks.personal_sheet

Rows are people: a stranger, somebody who likes cats and selected cool Noto stickers, and somebody who likes the sea,
selected warm flat ones with words on them. Their taste is folded from that history, as it is in the service.
"""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from deployments.order import Order
from deployments.people import Person, remember
from deployments.personal import made_for
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.sticker import load_generator
from models.generation import ORDERED, Generator
from models.image import ImageGenerator
from models.scene import SceneMaker
from models.training.sheets import opened, write_sheet
from ranking.drawing import DrawingPolicy
from ranking.weights import load_ranking_weights
from store.person import Deed, History, Profile

ROOT = Path(__file__).resolve().parent.parent
PHRASES = ("good morning", "i love you", "congratulations", "let's go out", "happy birthday")
SELECTED = 12


def main(
    sheet: Annotated[Path, typer.Option(help="Where the sheet goes.")] = ROOT / "docs/personal.png",
) -> None:
    """Draw the sheet."""
    settings = AppSettings.load(DEFAULT_CONFIG)
    weights = load_ranking_weights(settings.suggest.ranking)
    assert settings.image
    painter = load_generator(settings.sticker)
    scenes = SceneMaker.load(
        settings.image.weights, settings.image.num_inference_steps, settings.image.strength
    )
    cats, sea = painter.encoder.encode(["cats", "the sea"])
    people = [
        Person(),
        _somebody(Profile(interests=("cats",)), cats, style="noto", lettering=False, colour="cool"),
        _somebody(Profile(interests=("the sea",)), sea, style="flat", lettering=True, colour="warm"),
    ]
    generators: tuple[tuple[str, Generator], ...] = (
        ("sticker", painter),
        ("image", ImageGenerator(painter, scenes)),
    )
    rows = []
    for person in people:
        row = []
        for at, phrase in enumerate(PHRASES):
            for media_type, generator in generators:
                order = Order(phrase, "somebody", "en", (ORDERED * (at + 1),), lettering=True)
                order = made_for(order, person, weights, media_type, DrawingPolicy())
                medium = generator.generate(order.prompts()).media[0]
                row.append(opened(medium.data, 160))
        rows.append(row)
    write_sheet(sheet, rows, [phrase for phrase in PHRASES for _ in generators])


def _somebody(profile: Profile, likes: np.ndarray, **prompt: str | bool) -> Person:
    """A person who selected stickers like these a moment ago."""
    now = time.time()
    deeds = [Deed(str(n), "select", "sticker", "generated", likes, now, prompt) for n in range(SELECTED)]
    weights = load_ranking_weights(AppSettings.load(DEFAULT_CONFIG).suggest.ranking)
    person = remember(profile, History(deeds=deeds), weights)
    person.interests = likes
    return person


if __name__ == "__main__":
    typer.run(main)
