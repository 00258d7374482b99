"""What each shard of an index has of the words of a typed text and of its meaning; merged, what one index would."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalog.items import MediaType
from ranking.lexicon import Lexicon, language_of
from ranking.ngrams import grams, normalise
from ranking.vectors import Nearest, merge_nearest

MIN_PREFIX_CHARS = 2
MAX_COMPLETIONS = 48


ShelfKey = tuple[str | None, MediaType]  # owner and media type


@dataclass(frozen=True, slots=True)
class CollectionSurvey:
    """Of one owner's items, or of the public ones."""

    num_items: int
    num_items_with: Mapping[str, int]  # each typed word, and each of its corrections
    completions: Mapping[str, tuple[str, ...]]  # of each gram at the end of the text, the shortest first


NOTHING = CollectionSurvey(0, {}, {})


@dataclass(frozen=True, slots=True)
class Survey:
    """Of all collections that a person's searches look into."""

    known: frozenset[str]  # typed words that some item has; the last one also if it begins such a word
    corrections: Mapping[str, Mapping[str, int]]  # of the others: words one typo away, and their postings
    collections: Mapping[str | None, CollectionSurvey]  # by owner
    nearest: Mapping[ShelfKey, Nearest] = field(default_factory=dict)  # only where there are several shards

    def nearest_of(self, owner: str | None) -> dict[MediaType, Nearest]:
        """How near the hits of an owner's shelves are."""
        return {key[1]: nearest for key, nearest in self.nearest.items() if key[0] == owner}


def survey(n_gram: str, locale: str, collections: Mapping[str | None, tuple[Lexicon, int]]) -> Survey:
    """Look the words up in the lexicons of some collections, each with its number of items."""
    text = normalise(n_gram)
    words = list(dict.fromkeys(text.split()))
    languages = frozenset((language_of(locale), "en"))
    lexicons = [lexicon for lexicon, _ in collections.values()]
    known = {word for word in words if any(word in lexicon for lexicon in lexicons)}
    last = words[-1] if words else ""
    if last and any(lexicon.completions(last, languages, 1) for lexicon in lexicons):
        known.add(last)
    candidates = {word: _corrections(word, lexicons, languages) for word in words if word not in known}
    looked_up = {*words, *(each for counts in candidates.values() for each in counts)}
    ends = [gram.text for gram in grams(text) if gram.is_last and len(gram.text) >= MIN_PREFIX_CHARS]
    return Survey(
        frozenset(known),
        {word: +counts for word, counts in candidates.items()},
        {
            owner: CollectionSurvey(
                num_items,
                {word: len(lexicon.rows(word)) for word in looked_up},
                {end: tuple(lexicon.completions(end, languages, MAX_COMPLETIONS)) for end in ends},
            )
            for owner, (lexicon, num_items) in collections.items()
        },
    )


def _corrections(word: str, lexicons: Iterable[Lexicon], languages: frozenset[str]) -> Counter[str]:
    """Postings in these languages; 0 of words of others, which items may have too, and another shard may mend to."""
    counts: Counter[str] = Counter()
    for lexicon in lexicons:
        for candidate in lexicon.corrections(word, lexicon.languages):
            counts[candidate] += lexicon.num_postings(candidate, languages)
    return counts


def merge(surveys: Iterable[Survey]) -> Survey:
    """What one index of everything would have said."""
    surveys = list(surveys)
    known = frozenset[str]().union(*(each.known for each in surveys))
    corrections: dict[str, Counter[str]] = {}
    for each in surveys:
        for word in each.corrections.keys() - known:
            corrections.setdefault(word, Counter()).update(each.corrections[word])
    parts: dict[str | None, list[CollectionSurvey]] = {}
    for each in surveys:
        for owner, part in each.collections.items():
            parts.setdefault(owner, []).append(part)
    nearest: dict[ShelfKey, list[Nearest]] = {}
    for each in surveys:
        for key, cosines in each.nearest.items():
            nearest.setdefault(key, []).append(cosines)
    return Survey(
        known,
        corrections,
        {owner: _merge_collection(of) for owner, of in parts.items()},
        {key: merge_nearest(of) for key, of in nearest.items()},
    )


def _merge_collection(parts: list[CollectionSurvey]) -> CollectionSurvey:
    counts: Counter[str] = Counter()
    completions: dict[str, set[str]] = {}
    for part in parts:
        counts.update(part.num_items_with)
        for end, keys in part.completions.items():
            completions.setdefault(end, set()).update(keys)
    shortest = {
        end: tuple(sorted(keys, key=lambda key: (len(key), key))[:MAX_COMPLETIONS])
        for end, keys in completions.items()
    }
    return CollectionSurvey(sum(part.num_items for part in parts), counts, shortest)
