"""A town of simulated people who type, are shown slates of the real ranking, and select.

K: positions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ranking import lift, novelty, taste
from ranking.candidates import Candidate, merge
from ranking.lift import Habits, ItemLifts
from ranking.logged import to_shown
from ranking.novelty import Seen
from ranking.popularity import popularity
from ranking.rank import RankedSlate
from ranking.scores import gme_relevance
from ranking.taste import Taste
from ranking.weights import RankingWeights
from rl.ope.slates import Floats
from rl.simulation.people import People, attractions, draw_people, drift
from rl.simulation.phrasebook import Phrasebook
from rl.simulation.reading import Reading, draw_selections, selection_probabilities

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What a policy may know when it ranks."""

    user_id: str
    n_gram: str
    candidates: tuple[Candidate, ...]
    taste: Taste
    seen: Seen
    habits: Habits
    now_s: float
    limit: int


@dataclass(frozen=True, slots=True, eq=False)
class Impression:
    """A slate that was shown, what was selected, and, as only a simulation knows, with what probability."""

    moment: Moment
    slate: RankedSlate
    selected_K: tuple[bool, ...]
    probabilities_K: Floats


Policy = Callable[[Moment, np.random.Generator], RankedSlate]


@dataclass(frozen=True, slots=True)
class Customs:
    """How the town lives."""

    num_people: int = 200
    impressions_per_day: int = 1000
    drift_per_day: float = 0.02
    limit: int = 8
    made_per_impression: int = 2
    reading: Reading = field(default_factory=Reading)


def live(
    book: Phrasebook, policy: Policy, weights: RankingWeights, customs: Customs, num: int, seed: int
) -> Iterator[Impression]:
    """The first impressions of a new town under one policy."""
    return Town(book, weights, customs, seed).live(policy, num)


class Town:
    """A town that goes on where it was; a deep copy of it lives the same days under another policy.

    What people and items are like, who types what, what is made, the policy's draws and the people's are streams of their
    own, so two policies in towns of one seed differ by what they show only. `weights` give the half-lives of memory.
    """

    def __init__(self, book: Phrasebook, weights: RankingWeights, customs: Customs, seed: int) -> None:
        self._book, self._weights, self._customs = book, weights, customs
        self._born, self._typing, self._making, self._choosing, self._reading = (
            np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5)
        )
        self._topics_TD = np.stack(
            [c.embedding for found in book.found for c in found[:2] if c.embedding is not None]
        )
        self.people = draw_people(customs.num_people, self._topics_TD, self._born)
        self._memory = Memory(weights)
        self._number = 0

    def live(self, policy: Policy, num: int) -> Iterator[Impression]:
        """The next impressions, in time order."""
        for _ in range(num):
            yield self._impression(policy)
            self._number += 1

    def _impression(self, policy: Policy) -> Impression:
        book, customs, number = self._book, self._customs, self._number
        if number and number % customs.impressions_per_day == 0:
            self.people = drift(self.people, self._topics_TD, customs.drift_per_day, self._born)
        chances_Q = book.chances()
        person = int(self._typing.integers(len(self.people)))
        phrase = int(self._typing.choice(len(chances_Q), p=chances_Q))
        topic_D = self.people.topics_PD[person]
        made = _make(book, phrase, number, topic_D, customs, self._weights, self._making)
        now_s = number * DAY_S / customs.impressions_per_day
        candidates = merge(book.found[phrase], made)
        moment = self._memory.moment(person, book.phrases[phrase], candidates, now_s, customs)
        slate = policy(moment, self._choosing)
        shown = _show(moment, slate, self.people, person, customs, self._reading)
        return self._memory.remember(person, shown)


def selections_per_impression(impressions: Iterator[Impression]) -> float:
    """The truth about a policy: the mean number of selections, from probabilities rather than draws."""
    return float(np.mean([impression.probabilities_K.sum() for impression in impressions]))


class Memory:
    """What the town's server remembers of each person, and of what everyone chose."""

    def __init__(self, weights: RankingWeights) -> None:
        self._weights = weights
        self._tastes: dict[int, Taste] = {}
        self._seen: dict[int, Seen] = {}
        self._habits: dict[int, Habits] = {}
        self._lifts = ItemLifts()
        self._choosers: dict[str, set[int]] = {}

    def moment(
        self, person: int, n_gram: str, candidates: list[Candidate], now_s: float, customs: Customs
    ) -> Moment:
        """What is known as a person types."""
        popular = tuple(
            replace(
                each,
                popularity=popularity(len(self._choosers.get(each.item_id, ()))),
                lift=self._lifts.of(each.item_id),
            )
            for each in candidates
        )
        known, seen = self._tastes.get(person, Taste()), self._seen.get(person, Seen())
        habits = self._habits.get(person, Habits())
        return Moment(f"person-{person}", n_gram, popular, known, seen, habits, now_s, customs.limit)

    def remember(self, person: int, impression: Impression) -> Impression:
        """Learn from an impression as the server does: taste from selections, novelty from what was shown."""
        moment, weights = impression.moment, self._weights
        shown = [each.candidate for each in impression.slate.items]
        half_life_s = weights.novelty_half_life_s
        seen = novelty.update(moment.seen, [each.item_id for each in shown], moment.now_s, half_life_s)
        known = moment.taste
        fades = (moment.now_s, weights.taste_half_life_s)
        slate = [to_shown(each) for each in impression.slate.items]
        habits = lift.show(moment.habits, slate, *fades)
        for candidate, selected in zip(shown, impression.selected_K, strict=True):
            if selected:
                seen = novelty.select(seen, candidate.item_id, moment.now_s, half_life_s)
                kind = (candidate.embedding, candidate.media_type, candidate.source)
                known = taste.update(known, *kind, *fades)
                habits = lift.select(habits, candidate.media_type, candidate.source, *fades)
                self._choosers.setdefault(candidate.item_id, set()).add(person)
        self._seen[person], self._tastes[person], self._habits[person] = seen, known, habits
        selections = zip(slate, impression.selected_K, strict=True)
        self._lifts.add(moment.user_id, slate, {each.item_id for each, selected in selections if selected})
        return impression


def _show(
    moment: Moment,
    slate: RankedSlate,
    people: People,
    person: int,
    customs: Customs,
    rng: np.random.Generator,
) -> Impression:
    really = {
        candidate.item_id: candidate for candidate in moment.candidates
    }  # whatever a policy made of them
    shown = [really[each.candidate.item_id] for each in slate.items]
    attractions_1K = attractions(people, person, shown, moment.seen, moment.now_s)[None]
    selected_1K = draw_selections(attractions_1K, customs.reading, rng)
    probabilities_1K = selection_probabilities(attractions_1K, customs.reading)
    return Impression(moment, slate, tuple(selected_1K[0].tolist()), probabilities_1K[0])


def _make(
    book: Phrasebook,
    phrase: int,
    number: int,
    topic_D: Floats,
    customs: Customs,
    weights: RankingWeights,
    rng: np.random.Generator,
) -> list[Candidate]:
    """Stand-ins for generated stickers: near the phrase, drawn towards the person's taste, judged with noise."""
    made = []
    for copy in range(customs.made_per_impression):
        noise_D = rng.normal(size=len(topic_D)) / np.sqrt(len(topic_D))
        embedding_D = book.vectors_QD[phrase] + 0.5 * rng.random() * topic_D + 0.7 * noise_D
        made.append(
            Candidate(
                item_id=f"made-{number}-{copy}",
                media_type="sticker",
                source="generated",
                gme_relevance=gme_relevance(rng.normal(0.22, 0.05), weights),
                embedding=(embedding_D / np.linalg.norm(embedding_D)).astype(np.float32),
            )
        )
    return made
