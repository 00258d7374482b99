"""How often the first answer to another's message would do, on messages that `catalog/replies.yaml` does not hold.

    python -m benchmarks.replies

Compared with looking up the message itself. `silent` is the share of messages that ask for no answer and get none.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from catalog.recipe.phrases import PHRASES_FILE
from models.text import TextEncoder
from ranking.replies import Replies, load_replies

MESSAGES = Path(__file__).parent / "replies.yaml"
RESULTS = Path(__file__).parent / "results" / "replies.json"


def main(out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS) -> None:
    """Measure, and print what came out wrong."""
    encoder = TextEncoder()
    asked: dict[str, list[str]] = yaml.load(MESSAGES.read_text("utf-8"), yaml.BaseLoader)
    vectors_QD = encoder.encode(list(asked))
    replies = Replies(load_replies(), encoder.encode)
    answers = [replies.to(vector) for vector in vectors_QD]
    phrases = list(yaml.load(PHRASES_FILE.read_text("utf-8"), yaml.BaseLoader))
    nearest = (vectors_QD @ encoder.encode(phrases).T).argmax(axis=1)
    wanted = [bool(good) for good in asked.values()]
    right = [answer in good for answer, good in zip(answers, asked.values(), strict=True)]
    echoed = [phrases[place] in good for place, good in zip(nearest, asked.values(), strict=True)]
    figures = {
        "messages": sum(wanted),
        "right": share(right, wanted),
        "right_by_nearest_phrase": share(echoed, wanted),
        "silent": share([answer is None for answer in answers], [not each for each in wanted]),
    }
    for message, answer, good in zip(asked, answers, asked.values(), strict=True):
        if answer not in good and (good or answer):
            typer.echo(f"{message!r}: {answer!r}, not {good}")
    out.write_text(json.dumps(figures, indent=2) + "\n")
    typer.echo(json.dumps(figures, indent=2))


def share(values: list[bool], among: list[bool]) -> float:
    """The share of the values that are true, of those that count."""
    counted = [value for value, counts in zip(values, among, strict=True) if counts]
    return round(sum(counted) / len(counted), 3)


if __name__ == "__main__":
    typer.run(main)
