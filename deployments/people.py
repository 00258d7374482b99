"""What the composing deployment remembers of people while it runs: their taste and what they were shown."""

from collections import OrderedDict
from dataclasses import dataclass, field

from ranking.novelty import Seen
from ranking.taste import Taste


@dataclass(slots=True)
class Person:
    """One user as the ranking sees them."""

    taste: Taste = field(default_factory=Taste)
    seen: Seen = field(default_factory=Seen)


class People:
    """The most recently active users, in memory; the longest idle is forgotten first."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._people: OrderedDict[str, Person] = OrderedDict()

    def recall(self, user_id: str) -> Person:
        """The person with this id, a stranger if not seen lately."""
        person = self._people.setdefault(user_id, Person())
        self._people.move_to_end(user_id)
        if len(self._people) > self.capacity:
            self._people.popitem(last=False)
        return person
