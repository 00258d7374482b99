"""The Unicode emoji that the catalogue covers, from emojibase."""

import json
from dataclasses import dataclass
from pathlib import Path

from catalog.recipe.archive import members

COMPONENT_GROUP = 2
FLAGS_GROUP = 9


@dataclass(frozen=True, slots=True)
class Emoji:
    """One emoji without a skin tone; `key` is its code points in hex, without variation selectors."""

    key: str
    character: str
    label: str
    group: int
    subgroup: int
    order: int


def emoji_key(code_points: str) -> str:
    """The key of a file name or hexcode such as `2764-FE0F`: `2764`."""
    return "-".join(p.lower().lstrip("0") for p in code_points.split("-") if p.lower() != "fe0f")


def character_key(character: str) -> str:
    """The key of an emoji itself."""
    return emoji_key("-".join(f"{ord(point):x}" for point in character))


def load_emoji(emojibase: Path, emojilib: Path) -> dict[str, Emoji]:
    """All emoji by key, in emojibase's order, without components, skin tones and the whole flags group.

    Characters are emojilib's where it has them, since those are fully qualified, as keyboards send them;
    emojibase adds a variation selector to many that need none.
    """
    rows = json.loads(next(members(emojibase, "en/data.json".__eq__))[1])
    qualified = {character_key(character): character for character in load_keywords(emojilib)}
    chosen = [row for row in rows if row.get("group") not in (None, COMPONENT_GROUP, FLAGS_GROUP)]
    chosen.sort(key=lambda row: row["order"])
    return {
        emoji_key(row["hexcode"]): Emoji(
            key=emoji_key(row["hexcode"]),
            character=qualified.get(emoji_key(row["hexcode"]), row["emoji"]),
            label=row["label"],
            group=row["group"],
            subgroup=row["subgroup"],
            order=row["order"],
        )
        for row in chosen
    }


def load_keywords(emojilib: Path) -> dict[str, list[str]]:
    """emojilib's English keywords by emoji character."""
    keywords: dict[str, list[str]] = json.loads(next(members(emojilib, "dist/emoji-en-US.json".__eq__))[1])
    return keywords
