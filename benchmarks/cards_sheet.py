"""A sheet of cards, to look at.

    python -m benchmarks.cards_sheet

Rows: two seeds, then the first seed for people who like cool and warm colours, with the words.
"""

from pathlib import Path
from typing import Annotated

import typer

from catalog.items import Colour
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.sticker import load_generator
from models.generation import ORDERED, Prompt
from models.image import ImageGenerator
from models.scene import SceneMaker
from models.training.sheets import opened, write_sheet

ROOT = Path(__file__).resolve().parent.parent
PHRASES = (
    "good night", "happy birthday", "i'm on the beach", "so tired", "i love you", "congratulations", "coffee",
    "rocket", "rainy sunday", "i'm furious",
)  # fmt: skip
SHOWN_PX = 150
ROWS: tuple[tuple[int, Colour | None], ...] = ((0, None), (1, None), (0, "cool"), (0, "warm"))


def main(
    sheet: Annotated[Path, typer.Option(help="Where the sheet goes.")] = ROOT / "docs/cards.png",
) -> None:
    """Draw the sheet."""
    settings = AppSettings.load(DEFAULT_CONFIG)
    assert settings.image
    scenes = SceneMaker.load(
        settings.image.weights, settings.image.num_inference_steps, settings.image.strength
    )
    generator = ImageGenerator(load_generator(settings.sticker), scenes)
    rows = []
    for order, colour in ROWS:
        prompts = [
            Prompt(phrase, ORDERED * (order + 1), lettering=colour is not None, colour=colour)
            for phrase in PHRASES
        ]
        row = []
        for medium in generator.generate(prompts).media:
            row.append(opened(medium.data, SHOWN_PX))
        rows.append(row)
    write_sheet(sheet, rows, PHRASES)


if __name__ == "__main__":
    typer.run(main)
