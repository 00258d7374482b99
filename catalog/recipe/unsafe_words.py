"""Words that no medium is made of: the lists of naughty-words, by language."""

import json
from pathlib import Path, PurePosixPath

from catalog.recipe.archive import members

UNSAFE_WORDS_FILE = Path(__file__).parent.parent / "unsafe_words.json"
HARMLESS = {"xx"}  # kisses


def write_unsafe_words(archive: Path, out: Path = UNSAFE_WORDS_FILE) -> int:
    """Write one JSON object of sorted lists; returns the number of words."""
    read = {
        PurePosixPath(path).stem: json.loads(data)
        for path, data in members(archive, lambda p: p.endswith(".json"))
    }
    lists = {
        language: sorted(set(words) - HARMLESS)
        for language, words in read.items()
        if isinstance(words, list)
    }
    out.write_text(json.dumps(dict(sorted(lists.items())), ensure_ascii=False, indent=0) + "\n", "utf-8")
    return sum(map(len, lists.values()))
