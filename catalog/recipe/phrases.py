"""Everyday chat phrases and the emoji that answer them, from `catalog/phrases.yaml`."""

from collections import defaultdict
from collections.abc import Container
from pathlib import Path

import yaml

from catalog.items import Term
from catalog.recipe.emoji import character_key

PHRASES_FILE = Path(__file__).parent.parent / "phrases.yaml"


def load_phrases(known: Container[str], path: Path = PHRASES_FILE) -> dict[str, list[Term]]:
    """The phrases of every emoji by its key; every emoji must be among the `known` keys."""
    # BaseLoader, because YAML would read the phrases `yes` and `no` as booleans.
    rows: dict[str, str] = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
    terms: dict[str, list[Term]] = defaultdict(list)
    for phrase, answers in rows.items():
        for character in answers.split():
            key = character_key(character)
            if key not in known:
                raise ValueError(
                    f"{path.name}: {phrase!r} names {character!r} ({key}), which emojibase lacks"
                )
            terms[key].append(Term(phrase, "en", "gramoji"))
    return dict(terms)
