"""What the composing deployment knows of people: read from the store, kept in memory, never older than its log."""

import asyncio
import logging
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ranking import lift
from ranking.choices import traits_of
from ranking.lift import Habits
from ranking.novelty import Seen, select
from ranking.novelty import update as show
from ranking.seasons import SEASONS, SHOWN_BY, Season
from ranking.taste import Taste, dismiss
from ranking.taste import update as like
from ranking.weights import RankingWeights
from store.impression import Shown
from store.people import PeopleStore
from store.person import History, Profile, Viewing

logger = logging.getLogger("ray.serve.gramoji.suggest")
Embed = Callable[[str], Awaitable[NDArray[np.float32]]]


@dataclass(slots=True, eq=False)
class Person:
    """One user as the ranking sees them; a stranger has the defaults."""

    profile: Profile = field(default_factory=Profile)
    taste: Taste = field(default_factory=Taste)
    seen: Seen = field(default_factory=Seen)
    habits: Habits = field(default_factory=Habits)
    interests: NDArray[np.float32] | None = None  # unit, of all stated interests
    seasons: Mapping[Season, NDArray[np.float32]] = field(
        default_factory=dict
    )  # unit; of who says where they live


class People:
    """The most recently active users; the longest idle is forgotten first, the changed are read again."""

    def __init__(
        self, store: PeopleStore, embed: Embed, weights: RankingWeights, capacity: int, poll_ms: int
    ) -> None:
        self.store = store
        self.embed = embed
        self.weights = weights
        self.capacity = capacity
        self.poll_s = poll_ms / 1000
        self._season_vectors: dict[Season, NDArray[np.float32]] = {}
        self._people: OrderedDict[str, asyncio.Task[Person]] = OrderedDict()
        self.following = asyncio.create_task(self._follow())

    def follow(self, weights: RankingWeights) -> None:
        """Remember everyone anew if history counts otherwise now."""
        if weights != self.weights:
            self.weights = weights
            self._people.clear()

    def show(self, person: Person, slate: Sequence[Shown], at_s: float, composition: str) -> None:
        """Let what is shown be less new from now on, and count as a chance that was had."""
        ids, weights = [item.item_id for item in slate], self.weights
        person.seen = show(person.seen, ids, at_s, weights.novelty_half_life_s, composition)
        person.habits = lift.show(person.habits, slate, at_s, weights.taste_half_life_s, composition)

    async def recall(self, user_id: str) -> Person:
        """The person with this id; several callers at once share one reading of the store."""
        if user_id not in self._people:
            self._people[user_id] = asyncio.create_task(self._read(user_id))
            if len(self._people) > self.capacity:
                self._people.popitem(last=False)
        self._people.move_to_end(user_id)
        task = self._people[user_id]
        try:
            return await asyncio.shield(task)
        except Exception:
            if self._people.get(user_id) is task:
                del self._people[user_id]
            raise

    async def _read(self, user_id: str) -> Person:
        profile = await self.store.profile(user_id) or Profile()
        if not profile.personalize:
            return Person(profile)
        history = await self.store.history(user_id)
        person = await asyncio.to_thread(remember, profile, history, self.weights)
        if profile.interests:
            person.interests = await self.embed(", ".join(profile.interests))
        if profile.location.get("country"):
            person.seasons = await self._seasons()
        return person

    async def _seasons(self) -> Mapping[Season, NDArray[np.float32]]:
        """What shows each season, embedded once."""
        for season in SEASONS:
            if season not in self._season_vectors:
                self._season_vectors[season] = await self.embed(SHOWN_BY[season])
        return self._season_vectors

    async def _follow(self) -> None:
        """Forget whom others have written about, for as long as the replica lives."""
        sequence: int | None = None
        while True:
            try:
                if sequence is None:
                    sequence = await self.store.last_change()
                    self._people.clear()
                for change in await self.store.changes_after(sequence):
                    sequence = change.sequence
                    if change.writer != self.store.writer:
                        self._people.pop(change.user_id, None)
            except Exception:
                logger.exception("the store of people could not be read; trying again")
            await asyncio.sleep(self.poll_s)


def remember(profile: Profile, history: History, weights: RankingWeights) -> Person:
    """Fold a history into taste, novelty and habits."""
    person = Person(profile)
    for viewing in _by_message(history.viewings):
        when = (viewing.at_s, weights.novelty_half_life_s, viewing.composition_id)
        person.seen = show(person.seen, [item.item_id for item in viewing.shown], *when)
    for viewing in history.viewings:
        when = (viewing.at_s, weights.taste_half_life_s, viewing.composition_id)
        person.habits = lift.show(person.habits, viewing.shown, *when)
    first_at_s = history.viewings[0].at_s if history.viewings else math.inf
    for deed in history.deeds:
        fades = (deed.at_s, weights.taste_half_life_s)
        what, traits = (deed.embedding, deed.media_type, deed.source, *fades), traits_of(deed.prompt)
        if deed.action in ("select", "share"):
            person.taste = like(person.taste, *what, traits)
            person.seen = select(person.seen, deed.item_id, deed.at_s, weights.novelty_half_life_s)
            if deed.at_s >= first_at_s:  # whose showing is counted
                person.habits = lift.select(person.habits, deed.media_type, deed.source, *fades)
        else:
            person.taste = dismiss(person.taste, *what, traits)
    return person


def _by_message(viewings: Sequence[Viewing]) -> list[Viewing]:
    """The slates of one message as one, shown when the last of them was: they count once anyway."""
    joined = []
    for composition_id, group in groupby(viewings, key=lambda viewing: viewing.composition_id):
        slates = list(group)
        shown = {item.item_id: item for slate in slates for item in slate.shown}
        joined.append(Viewing(tuple(shown.values()), composition_id, slates[-1].at_s))
    return joined
