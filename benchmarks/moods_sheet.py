"""A sheet of stickers in each mood, to look at.

    python -m benchmarks.moods_sheet

A row for each mood, plain first; the same seed in every row.
"""

from pathlib import Path
from typing import Annotated

import typer

from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.sticker import load_generator
from models.generation import ORDERED, Prompt
from models.mood import MOODS
from models.training.sheets import opened, write_sheet

ROOT = Path(__file__).resolve().parent.parent
PHRASES = (
    "happy birthday", "monday again", "sorry", "good night", "coffee", "let's go", "i miss you", "ok", "pizza tonight",
    "congratulations",
)  # fmt: skip
SHOWN_PX = 110


def main(
    sheet: Annotated[Path, typer.Option(help="Where the sheet goes.")] = ROOT / "docs/moods.png",
) -> None:
    """Draw the sheet."""
    generator = load_generator(AppSettings.load(DEFAULT_CONFIG).sticker)
    rows = []
    for mood in MOODS:
        row = []
        for medium in generator.generate([Prompt(phrase, ORDERED, mood=mood) for phrase in PHRASES]).media:
            row.append(opened(medium.data, SHOWN_PX))
        rows.append(row)
    write_sheet(sheet, rows, PHRASES)


if __name__ == "__main__":
    typer.run(main)
