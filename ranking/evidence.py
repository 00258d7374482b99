"""What the words of the typed text say for each item."""

# R: rows of a collection, H: hits (a row with a strength)

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.entries import Method
from ranking.lexicon import Lexicon, language_of
from ranking.ngrams import STOP_WORD_CONTENT, STOP_WORDS, Gram, grams, normalise
from ranking.survey import CollectionSurvey, Survey

OTHER_LANGUAGE = 0.9  # a term of neither the asked language nor English
TYPO = 0.7
PREFIX = 0.7  # times the part of the completion that is typed


@dataclass(frozen=True, slots=True)
class TypedText:
    """An n-gram read: its normal form, the grams in it, and those of its spelling corrected, if any."""

    text: str
    grams: list[Gram]
    corrected: str
    corrected_grams: list[Gram]
    languages: frozenset[str]  # whose terms count in full


@dataclass(frozen=True, slots=True, eq=False)
class WordEvidence:
    """How far each row [R] has the typed text, in [0, 1]."""

    gram: NDArray[np.float64]  # strength of its best gram, 1.0 for the whole text
    source_after: NDArray[np.int64]  # of that gram, an index into `sources` plus one, 0 for none
    sources: list[tuple[str, Method]]
    words: NDArray[np.float64]  # share of the text's words, rare ones weighing more
    text: str  # the words compared
    hits: NDArray[np.int64]  # rows with either


def read_typed(n_gram: str, survey: Survey, locale: str) -> TypedText:
    """Find the grams, and forgive one typo in each word that no item has."""
    text = normalise(n_gram)
    corrected = [_correct(word, survey.corrections.get(word, {})) for word in text.split()]
    fixed = " ".join(corrected)
    languages = frozenset((language_of(locale), "en"))
    return TypedText(text, grams(text), fixed, grams(fixed) if fixed != text else [], languages)


def _correct(word: str, counts: Mapping[str, int]) -> str:
    """The commonest word that one typo makes into this one, or the word itself."""
    return min(counts, key=lambda candidate: (-counts[candidate], candidate), default=word)


def word_evidence(
    typed: TypedText, lexicon: Lexicon, num_rows: int, counted: CollectionSurvey
) -> WordEvidence:
    """Weigh every key of the lexicon that the typed text names, begins or misspells.

    The lexicon may be a shard's; what is rare, and which completions count, is known from the whole collection.
    """
    hits = _Hits(lexicon, typed.languages)
    for gram in typed.grams:
        hits.add(gram.text, gram.share, "exact")
        if gram.is_last:
            for key in counted.completions.get(gram.text, ()):
                hits.add(key, gram.share * PREFIX * len(gram.text) / len(key), "prefix")
    for gram in typed.corrected_grams:
        hits.add(gram.text, gram.share * TYPO, "typo")
    gram_R, source_after_R, rows_H = hits.best(num_rows)
    words_R, shared_H = _shared_words(typed.corrected, lexicon, num_rows, counted)
    has_any = np.union1d(rows_H, shared_H)
    return WordEvidence(gram_R, source_after_R, hits.sources, words_R, typed.corrected, has_any)


class _Hits:
    """Rows with strengths, gathered key by key."""

    def __init__(self, lexicon: Lexicon, languages: frozenset[str]) -> None:
        self.sources: list[tuple[str, Method]] = []
        self._lexicon = lexicon
        self._languages = languages
        self._rows: list[NDArray[np.int64]] = []
        self._strengths: list[float] = []

    def add(self, key: str, strength: float, method: Method) -> None:
        """Add the rows that have the key as a whole term."""
        for language, postings in self._lexicon.postings(key):
            self._rows.append(postings.rows[postings.is_whole])
            self._strengths.append(strength if language in self._languages else strength * OTHER_LANGUAGE)
            self.sources.append((key, method))

    def best(self, num_rows: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
        """The greatest strength of each row, where it came from (plus one), and which rows have any."""
        best_R, source_after_R = np.zeros(num_rows), np.zeros(num_rows, dtype=np.int64)
        rows_H = np.zeros(0, dtype=np.int64)
        if self._rows:
            order = sorted(range(len(self._rows)), key=self._strengths.__getitem__)
            rows_H, counts = (
                np.concatenate([self._rows[at] for at in order]),
                [len(self._rows[at]) for at in order],
            )
            best_R[rows_H] = np.repeat([self._strengths[at] for at in order], counts)
            # Of repeated rows the last, best one stays.
            source_after_R[rows_H] = np.repeat([at + 1 for at in order], counts)
        return best_R, source_after_R, rows_H


def _shared_words(
    text: str, lexicon: Lexicon, num_rows: int, counted: CollectionSurvey
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The part of the text's words that each row's terms contain, rare words weighing more (idf); and which have any."""
    shared_R, total, found = np.zeros(num_rows), 0.0, [np.zeros(0, dtype=np.int64)]
    for word in dict.fromkeys(text.split()):
        rows_H = lexicon.rows(word)
        weight = math.log(1.0 + counted.num_items / (1.0 + counted.num_items_with.get(word, 0))) * (
            STOP_WORD_CONTENT if word in STOP_WORDS else 1.0
        )
        shared_R[rows_H] += weight
        total += weight
        found.append(rows_H)
    has_any = np.unique(np.concatenate(found))
    shared_R[has_any] = np.minimum(shared_R[has_any] / total, 1.0) if total else 0.0
    return shared_R, has_any
