"""What people were shown and what they took, for Prometheus: with the seconds of sampling, what an item costs."""

from collections.abc import Iterable

from ray.util.metrics import Counter

from deployments.gathering import Gathering
from store.media_item import MediaItem


class ShowingMetrics:
    """Items by media type and by where they come from: `catalog`, `upload` or `generated`."""

    def __init__(self) -> None:
        self._shown = _counter("gramoji_items_shown", "Items in slates; once for each suggestion.")

    def shown(self, gathering: Gathering) -> None:
        """Count what this slate has and the ones before it had not."""
        assert gathering.ranked is not None
        ids = {each.candidate.item_id for each in gathering.ranked.items} - gathering.counted
        gathering.counted |= ids
        items = gathering.items
        _count(self._shown, (items[item_id] for item_id in ids))


class SelectionMetrics:
    """Items that people selected or shared."""

    def __init__(self) -> None:
        self._selected = _counter("gramoji_items_selected", "Items selected or shared.")

    def selected(self, items: Iterable[MediaItem]) -> None:
        """Count the items of new feedback."""
        _count(self._selected, items)


def _counter(name: str, description: str) -> Counter:
    return Counter(name, description, tag_keys=("media_type", "source"))


def _count(counter: Counter, items: Iterable[MediaItem]) -> None:
    for item in items:
        counter.inc(1, {"media_type": item.media_type, "source": item.origin})
