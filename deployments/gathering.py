"""What one suggest call has gathered so far."""

import asyncio
import time
from dataclasses import dataclass, field

from ulid import ULID

from catalog.items import MediaType, Rating
from deployments.lookup import Match
from deployments.messages import SuggestRequest
from deployments.order import Made
from deployments.people import Person
from deployments.reasons import reason
from ranking.entries import RATINGS
from ranking.rank import RankedSlate
from store.media_item import MediaItem


@dataclass(slots=True, eq=False)
class Gathering:
    """Matches and new media of one call, and the generations that are still running."""

    request: SuggestRequest
    composition_id: str | None
    ulid: ULID = field(default_factory=ULID)
    n_gram: str = ""  # what is looked up and made: what is typed, or what answers the last message
    matches: list[Match] = field(default_factory=list)
    mood_fits: tuple[float, ...] = ()  # of what is looked up, to each mood but the plain one
    made: list[Made] = field(default_factory=list)
    pending: dict[MediaType, asyncio.Task[list[Made]]] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)
    person: Person = field(default_factory=Person)
    ranked: RankedSlate | None = None
    policy_version: str = ""  # of what ranked it
    counted: set[str] = field(default_factory=set)  # items shown in an earlier slate of this call
    slates: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def suggestion_id(self) -> str:
        """A ULID, as text."""
        return str(self.ulid)

    @property
    def seed(self) -> int:
        """The same for every slate of this call, so that a row does not reshuffle as items arrive."""
        return int(self.ulid)

    @property
    def composition(self) -> tuple[str, str] | None:
        """Who types which message, if the client says."""
        return None if self.composition_id is None else (self.request.user_id, self.composition_id)

    @property
    def composition_key(self) -> str:
        """The message whose showings count once: the client's, else this call alone."""
        return self.composition_id or self.suggestion_id

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline; not above 0 once it has passed."""
        return self.started + self.request.deadline_ms / 1000 - time.monotonic()

    @property
    def latency_ms(self) -> float:
        """Milliseconds since the call arrived."""
        return 1000 * (time.monotonic() - self.started)

    @property
    def items(self) -> dict[str, MediaItem]:
        """Every item that may be shown, by id."""
        found = {match.item.item_id: match.item for match in self.matches}
        return found | {made.item.item_id: made.item for made in self.made}

    def keep_allowed(self, rating: Rating) -> None:
        """Drop the matches that are rated above what this person may see; who they are came with the matches."""
        highest = RATINGS.index(rating)
        self.matches = [match for match in self.matches if RATINGS.index(match.item.rating) <= highest]

    def collect(self) -> None:
        """Take what finished generations made, or say why they made nothing."""
        for media_type, task in list(self.pending.items()):
            if not task.done():
                continue
            del self.pending[media_type]
            error = None if task.cancelled() else task.exception()
            if task.cancelled():
                self.degraded.append(f"{media_type}: superseded by a newer call")
            elif error is not None:
                self.degraded.append(f"{media_type}: {reason(error)}")
            else:
                self.made.extend(task.result())
