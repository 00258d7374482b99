"""Simulated people who look at real stickers: some love cats, some warm or vivid colours, some the flat style.

P: people, S: styles, K: positions, N: items.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from catalog.items import STYLES, Style
from ranking.candidates import Candidate, merge
from ranking.rank import RankedSlate, rank
from ranking.scores import gme_relevance
from ranking.weights import RankingWeights
from rl.ope.slates import Floats
from rl.simulation.paintings import Looks, Painting, Paintings
from rl.simulation.people import People, attractions, draw_people
from rl.simulation.phrasebook import Phrasebook
from rl.simulation.reading import draw_selections, selection_probabilities
from rl.simulation.town import DAY_S, Customs, Impression, Memory, Moment

WARMTH, VIVIDNESS = (2.0, 1.5), (2.0, 1.5)  # mean and spread of what people make of colours, in the logit
STYLE_SPREAD = 0.7
COLOURS_ADD = 1.6  # to the logit of the mean sticker: taken off again
LIKED_IF_NEW = (
    2.0  # else they fit too little to be taken beside what the index finds, and a log would say little
)


@dataclass(frozen=True, slots=True, eq=False)
class Onlookers:
    """Hidden tastes for what pictures look like, beside those that all simulated people have."""

    people: People
    warmth_P: Floats
    vividness_P: Floats
    styles_PS: Floats

    def liking(self, person: int, looks: Looks, style: Style) -> float:
        """What the looks of a picture add to the logit of its attraction."""
        colours = self.warmth_P[person] * looks.warmth + self.vividness_P[person] * looks.vividness
        return float(colours + self.styles_PS[person, STYLES.index(style)])


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """An impression, who looked, which phrase was typed, and which paintings hung among the candidates."""

    person: int
    phrase: str
    impression: Impression
    paintings: Mapping[str, Painting]

    def generated(self) -> float:
        """How many generated stickers are selected, in expectation."""
        shown = self.impression.slate.items
        made_K = np.array([each.candidate.item_id in self.paintings for each in shown])
        return float(self.impression.probabilities_K[made_K].sum())


class Gallery:
    """People type phrases, and see stickers of the catalogue and new ones, as the real ranking hangs them.

    Who types what, which paintings are offered, the ranking's draws and the people's are streams of their own, so that
    two generators in galleries of one seed differ by what they paint only.
    """

    def __init__(
        self,
        book: Phrasebook,
        looks: Mapping[str, Looks],
        paintings: Paintings,
        weights: RankingWeights,
        customs: Customs,
        seed: int,
    ) -> None:
        born, self._typing, self._making, self._choosing, self._reading = (
            np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5)
        )
        self._book, self._looks, self._paintings = book, looks, paintings
        self._weights, self._customs = weights, customs
        topics_TD = np.stack(
            [c.embedding for found in book.found for c in found[:2] if c.embedding is not None]
        )
        self.onlookers = draw_onlookers(
            customs.num_people, draw_people(customs.num_people, topics_TD, born), born
        )
        self._memory = Memory(weights)
        self._number = 0

    def visits(self, num: int, phrases: range) -> Iterator[Visit]:
        """The next visits, in time order, of people who type some of the book's phrases."""
        for _ in range(num):
            yield self._visit(phrases)
            self._number += 1

    def _visit(self, phrases: range) -> Visit:
        book, customs = self._book, self._customs
        person = int(self._typing.integers(customs.num_people))
        phrase = int(self._typing.choice(phrases))
        made = self._make(book.phrases[phrase])
        now_s = self._number * DAY_S / customs.impressions_per_day
        candidates = merge(book.found[phrase], [candidate for candidate, _ in made.values()])
        moment = self._memory.moment(person, book.phrases[phrase], candidates, now_s, customs)
        slate = self._rank(moment)
        paintings = {item_id: painting for item_id, (_, painting) in made.items()}
        probabilities_1K, selected_K = self._show(person, moment, slate, paintings)
        impression = Impression(moment, slate, selected_K, probabilities_1K[0])
        return Visit(person, book.phrases[phrase], self._memory.remember(person, impression), paintings)

    def _make(self, phrase: str) -> dict[str, tuple[Candidate, Painting]]:
        made = {}
        for place in range(self._customs.made_per_impression):
            style = STYLES[int(self._making.integers(len(STYLES)))]
            offered = self._paintings[phrase, style]
            painting = offered[int(self._making.integers(len(offered)))]
            candidate = Candidate(
                item_id=f"made-{self._number:06}-{place}",
                media_type="sticker",
                source="generated",
                gme_relevance=gme_relevance(painting.medium.cosine, self._weights),
                embedding=painting.medium.embedding,
            )
            made[candidate.item_id] = candidate, painting
        return made

    def _rank(self, moment: Moment) -> RankedSlate:
        return rank(
            moment.candidates,
            moment.taste,
            moment.seen,
            None,
            self._weights,
            moment.limit,
            moment.now_s,
            self._choosing,
            n_gram=moment.n_gram,
            habits=moment.habits,
        )

    def _show(
        self, person: int, moment: Moment, slate: RankedSlate, paintings: Mapping[str, Painting]
    ) -> tuple[Floats, tuple[bool, ...]]:
        shown = [each.candidate for each in slate.items]
        plain_K = attractions(self.onlookers.people, person, shown, moment.seen, moment.now_s)
        liking_K = np.array([self._liking(person, each.item_id, paintings) for each in shown])
        attractions_1K = (1.0 / (1.0 + np.exp(-(np.log(plain_K / (1.0 - plain_K)) + liking_K))))[None]
        selected_1K = draw_selections(attractions_1K, self._customs.reading, self._reading)
        probabilities_1K = selection_probabilities(attractions_1K, self._customs.reading)
        return probabilities_1K, tuple(selected_1K[0].tolist())

    def _liking(self, person: int, item_id: str, paintings: Mapping[str, Painting]) -> float:
        painting = paintings.get(item_id)
        if painting is None:
            return self.onlookers.liking(person, self._looks[item_id], STYLES[0])
        return self.onlookers.liking(person, painting.looks, painting.prompt.style)


def draw_onlookers(num: int, people: People, rng: np.random.Generator) -> Onlookers:
    """Most like warm and vivid colours, some don't; each style has its friends."""
    return Onlookers(
        replace(
            people,
            baseline_P=people.baseline_P - COLOURS_ADD,
            generated_P=people.generated_P + LIKED_IF_NEW,
        ),
        rng.normal(*WARMTH, num),
        rng.normal(*VIVIDNESS, num),
        rng.normal(0.0, STYLE_SPREAD, (num, len(STYLES))),
    )
