"""Terms, cleaned: normalised, short enough, each text once a locale."""

import unicodedata
from collections.abc import Iterable

from catalog.items import Term

MAX_TERM_CHARS = 60


def clean_text(text: str) -> str:
    """NFC, lower case, underscores and runs of blanks as one space."""
    return " ".join(unicodedata.normalize("NFC", text.replace("_", " ")).lower().split())


def clean_terms(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Clean every text, drop empty, overlong and repeated ones; the first source of a text wins."""
    kept: dict[tuple[str, str], Term] = {}
    for term in terms:
        text = clean_text(term.text)
        if text and len(text) <= MAX_TERM_CHARS:
            kept.setdefault((text, term.locale), Term(text, term.locale, term.source))
    return tuple(kept.values())
