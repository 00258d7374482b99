"""The index of existing media: exact n-grams, prefixes, typos, shared words, meaning."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ranking.collection import JUDGE_ALL_AT_MOST, Collection, HeldCollection
from ranking.entries import IndexEntry, IndexMatch, IndexQuery, index_texts
from ranking.evidence import read_typed
from ranking.nearest import FLAT_AT_MOST
from ranking.survey import NOTHING, Survey, survey
from ranking.vectors import Vectors
from store.tenants import visible_owners

__all__ = ["HybridIndex", "IndexEntry", "IndexMatch", "IndexQuery", "best_matches", "index_texts"]


class HybridIndex:
    """Entries to be found by what a person types; add, remove and search at any time, from any thread.

    One lock makes the calls follow each other, so that a search sees a change whole or not at all.
    The entries of each owner are a collection of their own, which other users' searches never touch.
    """

    def __init__(
        self,
        dimension: int = 384,
        flat_at_most: int = FLAT_AT_MOST,
        judge_all_at_most: int = JUDGE_ALL_AT_MOST,
    ) -> None:
        self.dimension = dimension
        self._sizes = (flat_at_most, judge_all_at_most)
        self._collections: dict[str | None, Collection] = {None: Collection(dimension, *self._sizes)}
        self._owners: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._owners)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._owners

    def add(self, entries: Iterable[IndexEntry], vectors: Vectors) -> None:
        """Add entries, each replacing one of its id; `vectors` has a unit vector for all `index_texts`.

        All texts are checked before the first entry goes in.
        """
        entries = list(entries)
        for entry in entries:
            for text in index_texts(entry):
                if text not in vectors:
                    raise ValueError(f"vectors has none for {text!r}, a text of {entry.item_id!r}")
                if vectors[text].shape != (self.dimension,):
                    raise ValueError(
                        f"vector of {text!r} has shape {vectors[text].shape}, not ({self.dimension},)"
                    )
        with self._lock:
            for entry in entries:
                self._remove(entry.item_id)
                self._collection(entry.owner_id).add(entry, vectors)
                self._owners[entry.item_id] = entry.owner_id

    def _collection(self, owner_id: str | None) -> Collection:
        if owner_id not in self._collections:
            self._collections[owner_id] = Collection(self.dimension, *self._sizes)
        return self._collections[owner_id]

    def held(self) -> Iterator[tuple[str | None, HeldCollection]]:
        """What each owner's collection holds; nobody may change it meanwhile."""
        for owner_id, collection in self._collections.items():
            yield owner_id, collection.held()

    def restore(self, owner_id: str | None, held: HeldCollection) -> None:
        """Hold what another index held of an owner, instead of nothing."""
        self._collection(owner_id).restore(held)
        self._owners |= dict.fromkeys((entry.item_id for entry in held.rows.values()), owner_id)

    def remove(self, item_ids: Iterable[str]) -> None:
        """Remove the items that are there; later searches never return them."""
        with self._lock:
            for item_id in item_ids:
                self._remove(item_id)

    def _remove(self, item_id: str) -> None:
        if item_id in self._owners:
            owner_id = self._owners.pop(item_id)
            self._collections[owner_id].remove(item_id)
            if owner_id is not None and not len(self._collections[owner_id]):
                del self._collections[owner_id]

    def settle(self) -> None:
        """Wait until what is being rebuilt, in threads of their own, is."""
        with self._lock:
            for collection in self._collections.values():
                collection.settle()

    def survey(self, query: IndexQuery) -> Survey:
        """What the items that a person may see have of the words of a query, and how near its vector they are."""
        with self._lock:
            visible = self._visible(query.user_id)
            nearest = {
                (owner, media_type): cosines
                for owner, collection in visible.items()
                for media_type, cosines in collection.nearest(query).items()
            }
            return replace(_words(query, visible), nearest=nearest)

    def search(self, query: IndexQuery, of_all: Survey | None = None) -> list[IndexMatch]:
        """The best matches, at most `limit` a media type, best first; equal ones by meaning, then item id.

        Text without anything to look up (empty, blanks, control characters) finds nothing. A shard is told what the
        survey `of_all` shards found, so that its matches are those of an index of everything.
        """
        with self._lock:
            visible = self._visible(query.user_id)
            counted = of_all or _words(query, visible)
            typed = read_typed(query.n_gram, counted, query.locale)
            if not typed.text:
                return []
            found = [
                match
                for owner, collection in visible.items()
                for match in collection.search(
                    query, typed, counted.collections.get(owner, NOTHING), counted.nearest_of(owner)
                )
            ]
        return best_matches(found, query)

    def _visible(self, user_id: str | None) -> dict[str | None, Collection]:
        owners = (None,) if user_id is None else visible_owners(user_id)
        return {owner: self._collections[owner] for owner in owners if owner in self._collections}


def _words(query: IndexQuery, visible: Mapping[str | None, Collection]) -> Survey:
    lexicons = {owner: (collection.lexicon, len(collection)) for owner, collection in visible.items()}
    return survey(query.n_gram, query.locale, lexicons)


def best_matches(found: Iterable[IndexMatch], query: IndexQuery) -> list[IndexMatch]:
    """The best of what was found in several places, at most `limit` a media type."""
    left = dict.fromkeys(query.media_types, query.limit)
    matches = []
    for match in sorted(found, key=lambda match: (-match.index_match, -match.meaning, match.item_id)):
        if left[match.media_type]:
            left[match.media_type] -= 1
            matches.append(match)
    return matches
