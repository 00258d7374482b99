"""Labels and tags of emoji: emojibase in many locales, emojilib in English."""

import json
from collections import defaultdict
from pathlib import Path

from catalog.items import Term
from catalog.recipe.archive import members
from catalog.recipe.emoji import character_key, emoji_key, load_keywords

# en-gb and es-mx are left out: they repeat en and es almost word for word.
_FOLDERS = "en bn da de es et fi fr hi hu it ja ko lt ms nb nl pl pt ru sv th uk vi zh zh-hant"
LOCALES = {name: name for name in _FOLDERS.split()} | {"zh-hant": "zh-Hant"}
SHORTCODES = ("en/shortcodes/github.json", "en/shortcodes/emojibase.json")


def load_labels(emojibase: Path, emojilib: Path) -> dict[str, list[Term]]:
    """The terms of every emoji by its key, English first."""
    wanted = {f"{folder}/data.json" for folder in LOCALES} | set(SHORTCODES)
    files = {path: json.loads(data) for path, data in members(emojibase, wanted.__contains__)}
    terms: dict[str, list[Term]] = defaultdict(list)
    for row in files["en/data.json"]:
        terms[emoji_key(row["hexcode"])] += _row_terms(row, "en")
    for path in SHORTCODES:
        for hexcode, codes in files[path].items():
            names = [codes] if isinstance(codes, str) else codes
            terms[emoji_key(hexcode)] += [Term(name, "en", "emojibase") for name in names]
    for character, keywords in load_keywords(emojilib).items():
        terms[character_key(character)] += [Term(word, "en", "emojilib") for word in keywords]
    for folder, locale in sorted(LOCALES.items()):
        for row in files[f"{folder}/data.json"] if locale != "en" else ():
            terms[emoji_key(row["hexcode"])] += _row_terms(row, locale)
    return dict(terms)


def _row_terms(row: dict[str, object], locale: str) -> list[Term]:
    emoticon = row.get("emoticon") or [] if locale == "en" else []
    emoticons = [emoticon] if isinstance(emoticon, str) else emoticon
    tags = row.get("tags") or []
    assert isinstance(tags, list)
    assert isinstance(emoticons, list)
    return [Term(str(text), locale, "emojibase") for text in (row["label"], *tags, *emoticons)]
