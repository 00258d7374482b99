"""The words and phrases that find items: whole terms, their beginnings, their words, one typo away."""

# P: postings of a key

import re
import sys
from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from catalog.items import Term
from ranking.ngrams import is_unspaced, normalise

MIN_TYPO_LETTERS = 4
MAX_TYPO_LETTERS = 20
SORT_TOGETHER = 64  # keys


@dataclass(frozen=True, slots=True)
class Postings:
    """Who uses a key in one language; each field has one value a posting [P]."""

    rows: NDArray[np.int64]
    is_whole: NDArray[np.bool_]  # whether the key is a whole term, not just a word of one


class Lexicon:
    """Keys (normalised terms, and the words inside them) to the rows that have them, language by language.

    A posting is one integer, `row << 1 | whole`, in an array, for common words have as many as there are items.
    """

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, array[int]]] = {}  # language, key
        self._sorted_keys: dict[str, list[str]] = {}  # language
        self._new_keys: dict[str, list[str]] = {}  # not yet among the sorted ones
        self._letters: dict[int, set[str]] = {}  # of each block of 256 characters

    def __contains__(self, key: str) -> bool:
        return any(key in codes for codes in self._codes.values())

    def __len__(self) -> int:
        return sum(map(len, self._codes.values()))

    @property
    def languages(self) -> tuple[str, ...]:
        """Of all terms that there are or were."""
        return tuple(self._codes)

    def add(self, row: int, terms: Iterable[Term]) -> None:
        """Post the terms of one row."""
        for language, key, code in _postings_of(row, terms):
            codes = self._codes.setdefault(language, {})
            if key not in codes:
                codes[key] = array("q")
                self._new_keys.setdefault(language, []).append(key)
                for letter in key:
                    self._letters.setdefault(ord(letter) >> 8, set()).add(letter)
            codes[key].append(code)

    def remove(self, row: int, terms: Iterable[Term]) -> None:
        """Take back what `add` posted; keys that nobody uses any more are forgotten."""
        for language, key, code in _postings_of(row, terms):
            codes = self._codes[language]
            posted = codes[key]
            posted.pop(int(np.flatnonzero(np.frombuffer(posted, np.int64) == code)[0]))
            if not posted:
                keys = self._keys(language)
                del codes[key], keys[bisect_left(keys, key)]

    def _keys(self, language: str) -> list[str]:
        """All keys of a language, sorted; many new ones are sorted in together, or a load would move the list for each."""
        keys = self._sorted_keys.setdefault(language, [])
        new = self._new_keys.pop(language, [])
        if len(new) > SORT_TOGETHER:
            keys += new
            keys.sort()
        else:
            for key in new:
                insort(keys, key)
        return keys

    def postings(self, key: str) -> Iterator[tuple[str, Postings]]:
        """Everyone who uses the key, by language."""
        for language, codes in self._codes.items():
            if key in codes:
                codes_P = np.array(codes[key], dtype=np.int64)
                yield language, Postings(codes_P >> 1, (codes_P & 1).astype(np.bool_))

    def rows(self, key: str) -> NDArray[np.int64]:
        """The rows that have the key in any language, each once, in order."""
        posted = [postings.rows for _, postings in self.postings(key)]
        return np.unique(np.concatenate(posted)) if posted else np.zeros(0, dtype=np.int64)

    def num_postings(self, key: str, languages: Iterable[str]) -> int:
        """How often the languages use the key."""
        return sum(len(self._codes.get(language, {}).get(key, ())) for language in languages)

    def completions(self, prefix: str, languages: Iterable[str], at_most: int) -> list[str]:
        """Keys of the languages that go on from the prefix, the shortest first."""
        found: set[str] = set()
        for language in languages:
            keys = self._keys(language)
            first = bisect_left(keys, prefix)
            found.update(keys[first : bisect_left(keys, prefix + "\U0010ffff", lo=first)])
        return sorted(found - {prefix}, key=lambda key: (len(key), key))[:at_most]

    def corrections(self, word: str, languages: Iterable[str]) -> list[str]:
        """Words of the languages one insertion, deletion, substitution or transposition away (Norvig 2007).

        Only letters of the word's own Unicode blocks are tried, which keeps two dozen languages quick.
        Doubled letters may also all be single ones ("soo", what is left of "sooooo", is "so").
        """
        edited = {re.sub(r"([^\W\d_])\1", r"\1", word)} - {word}
        if MIN_TYPO_LETTERS <= len(word) <= MAX_TYPO_LETTERS and word.isalpha() and not is_unspaced(word):
            blocks = {ord(char) >> 8 for char in word}
            edited |= _edits(
                word, [c for block in blocks for c in self._letters.get(block, ()) if c.isalpha()]
            )
        return sorted(
            {known for language in languages for known in edited & self._codes.get(language, {}).keys()}
        )


@lru_cache(1024)
def language_of(locale: str) -> str:
    """The language of a BCP 47 tag: "pt" of "pt-BR"."""
    return sys.intern(locale.replace("_", "-").split("-")[0].lower())


def _postings_of(row: int, terms: Iterable[Term]) -> set[tuple[str, str, int]]:
    posted = set()
    for term in terms:
        key, language = normalise(term.text), language_of(term.locale)
        if key:
            posted.add((language, key, row << 1 | 1))
        if " " in key:
            posted.update((language, word, row << 1) for word in key.split(" "))
    return posted


def _edits(word: str, alphabet: list[str]) -> set[str]:
    edits: set[str] = set()
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        edits.update(head + letter + tail for letter in alphabet)
        if tail:
            edits.add(head + tail[1:])
            edits.update(head + letter + tail[1:] for letter in alphabet)
        if len(tail) > 1:
            edits.add(head + tail[1] + tail[0] + tail[2:])
    edits.discard(word)
    return edits
