"""How well the index finds stickers by words that it was not built from.

The catalogue's stickers are indexed without emojilib's keywords (and without our own phrases). Each
distinct keyword is one query; every sticker of an emoji that emojilib gives the keyword to is a right
answer, so a keyword of several emoji has several. "unseen" keywords are no English term of any sticker.
Recall@8: the share of queries with a right answer among the first 8. MRR: mean of 1 / rank of the first
right answer, 0 below rank 100. The numbers in `ranking/fusion.py` and `ranking/evidence.py` were chosen on
the dev half of the queries (first byte of the SHA-256 even); the keyword table is of the other half.
"""

# Q: queries

import hashlib
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any, get_args

import numpy as np
import typer

from benchmarks import index_methods as methods
from benchmarks.index_speed import speed_report
from benchmarks.index_tables import FUSED, OURS, SINGLE, markdown
from benchmarks.retrieval import (
    DEPTH,
    Answers,
    Encoder,
    Ranks,
    bootstrap,
    build,
    first_ranks,
    keyword_answers,
    load_keywords,
    score,
    search,
    without,
)
from catalog.items import CatalogItem, TermSource
from catalog.reader import read_items
from catalog.recipe.download import fetch
from catalog.recipe.source import load_sources
from ranking.index import IndexEntry
from ranking.ngrams import normalise

SEED = 0
LOCALES = ("de", "es", "fr", "ja", "ru")
HELD_OUT = 0.2
RESULTS = Path(__file__).parent / "results" / "index_quality.json"


def to_entry(item: CatalogItem, sources: set[str]) -> IndexEntry:
    terms = tuple(term for term in item.terms if term.source in sources)
    return IndexEntry(item.item_id, item.media_type, item.alt_text, terms, item.rating)


def compare(entries: list[IndexEntry], answers: Answers, encode: Encoder) -> dict[str, Ranks]:
    """Ranks of every method on the same queries."""
    queries, ids = list(answers), [entry.item_id for entry in entries]
    exact, bm25 = methods.exact(entries, queries), methods.bm25(entries, queries)
    items, terms = (
        methods.item_vectors(entries, queries, encode),
        methods.best_term(entries, queries, encode),
    )
    scores = dict(zip(SINGLE, (exact, bm25, items, terms), strict=True))
    scores[FUSED] = methods.fuse_ranks(bm25, items, terms)
    found = {name: methods.order(each, DEPTH) for name, each in scores.items()}
    ranks = {
        name: first_ranks([[ids[n] for n in ns] for ns in rows], answers) for name, rows in found.items()
    }
    return ranks | {OURS: first_ranks(search(build(entries, encode), queries, encode), answers)}


def keyword_report(entries: list[IndexEntry], answers: Answers, encode: Encoder) -> dict[str, Any]:
    ranks = compare(entries, answers, encode)
    known = {normalise(term.text) for entry in entries for term in entry.terms if term.locale == "en"}
    is_test_Q = np.array([hashlib.sha256(query.encode()).digest()[0] % 2 == 1 for query in answers])
    is_unseen_Q = np.array([normalise(query) not in known for query in answers])
    report: dict[str, Any] = {}
    for name, chosen_Q in {"all": is_test_Q, "unseen": is_test_Q & is_unseen_Q}.items():
        scores = {method: score(each[chosen_Q]) for method, each in ranks.items()}
        best = max(SINGLE, key=lambda method: scores[method]["recall_at_8"])
        ratio = {metric: scores[OURS][metric] / scores[best][metric] for metric in scores[best]}
        intervals = bootstrap(ranks[OURS][chosen_Q], ranks[best][chosen_Q])
        report[name] = {
            "queries": int(chosen_Q.sum()),
            "scores": scores,
            "best_single": best,
            "ours_to_best_single": {m: {"ratio": ratio[m], "interval_95": intervals[m]} for m in ratio},
        }
    return report


def typing_report(entries: list[IndexEntry], encode: Encoder) -> dict[str, Any]:
    """English words of 6 letters and more in the index, cut short or with a typo; their items are right."""
    answers: Answers = defaultdict(set)
    for entry in entries:
        for term in entry.terms:
            if term.locale == "en" and term.text.isalpha() and len(term.text) >= 6:
                answers[term.text].add(entry.item_id)
    draw = random.Random(SEED)
    words = sorted(draw.sample(sorted(answers), 500))
    typed = {
        "two letters to go": {word: word[:-2] for word in words},
        "half typed": {word: word[: len(word) // 2] for word in words},
        "two letters swapped": {word: _swap(word, draw) for word in words},
        "one letter missing": {word: _drop(word, draw) for word in words},
    }
    report = {}
    for name, by_word in typed.items():
        asked: Answers = defaultdict(set)
        for word, text in by_word.items():
            asked[text] |= answers[word]
        report[name] = {method: score(each) for method, each in compare(entries, asked, encode).items()}
    return report


def _swap(word: str, draw: random.Random) -> str:
    at = draw.choice([at for at in range(1, len(word) - 1) if word[at] != word[at + 1]])
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _drop(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1 :]


def locale_report(entries: list[IndexEntry], locale: str, encode: Encoder) -> dict[str, Any]:
    """A fifth of the locale's distinct terms is taken out and asked for, and as many that stayed."""
    answers: Answers = defaultdict(set)
    for entry in entries:
        for term in entry.terms:
            if term.locale == locale and normalise(term.text):
                answers[normalise(term.text)].add(entry.item_id)
    drawn = random.Random(SEED).sample(sorted(answers), 2 * int(HELD_OUT * len(answers)))
    held_out, kept = set(drawn[::2]), set(drawn[1::2])
    index = build([without(entry, held_out, locale) for entry in entries], encode)
    report: dict[str, Any] = {}
    for name, chosen in (("held out", held_out), ("in the index", kept)):
        asked = {query: answers[query] for query in sorted(chosen)}
        found = search(index, list(asked), encode, locale)
        report[name] = {"queries": len(asked), **score(first_ranks(found, asked))}
    return report


def main(
    cache: Annotated[Path, typer.Option(help="Where source packages are kept.")] = Path("build/packages"),
) -> None:
    """Measure the index on the shipped stickers: prints Markdown, writes results/index_quality.json."""
    cache = cache.resolve()
    stickers = list(read_items(media_types=["sticker"]))
    entries = [to_entry(item, {"emojibase"}) for item in stickers]
    answers = keyword_answers(stickers, load_keywords(fetch(load_sources()["emojilib"], cache)))
    encode = Encoder()
    shipped = [to_entry(item, set(get_args(TermSource))) for item in read_items()]
    report = {
        "keywords": keyword_report(entries, answers, encode),
        "typing": typing_report(entries, encode),
        "locales": {locale: locale_report(entries, locale, encode) for locale in LOCALES},
        "items": len(shipped),
        "speed": speed_report(shipped, list(answers)[::10], encode),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    typer.echo(markdown(report))


if __name__ == "__main__":
    typer.run(main)
