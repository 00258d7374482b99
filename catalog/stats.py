"""What the catalogue holds, in numbers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.items import CatalogItem


@dataclass(frozen=True, slots=True)
class CatalogStats:
    """Counts of items; `by_locale` counts the items that have at least one term in the locale."""

    num_items: int
    num_terms: int
    num_bytes: int
    by_media_type: dict[str, int]
    by_licence: dict[str, int]
    by_rating: dict[str, int]
    by_locale: dict[str, int]


def count_items(items: Iterable[CatalogItem]) -> CatalogStats:
    """Count in one pass; `num_bytes` is the media without previews."""
    num_items = num_terms = num_bytes = 0
    media_types: Counter[str] = Counter()
    licences: Counter[str] = Counter()
    ratings: Counter[str] = Counter()
    locales: Counter[str] = Counter()
    for item in items:
        num_items += 1
        num_terms += len(item.terms)
        num_bytes += len(item.data)
        media_types[item.media_type] += 1
        licences[item.licence] += 1
        ratings[item.rating] += 1
        locales.update({term.locale for term in item.terms})
    return CatalogStats(
        num_items=num_items,
        num_terms=num_terms,
        num_bytes=num_bytes,
        by_media_type=_sorted(media_types),
        by_licence=_sorted(licences),
        by_rating=_sorted(ratings),
        by_locale=_sorted(locales),
    )


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))
