"""How the media of the log were drawn, and which were selected: what learning to draw reads."""

# S: media, N: options, C: what is known

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.choices import OPTIONS
from ranking.drawing import DrawingPolicy
from ranking.network import Halves
from ranking.occasion import KNOWN, NAMES, base_shares, decode, features
from rl.log import BUCKETS, GOOD, RankingLog, last_slates
from rl.ope.evaluate import Estimate, evaluate_gain
from rl.ope.overlap import Refusal
from rl.ope.slates import LoggedSlates, Probabilities
from rl.ope.weighting import ips
from store.media import MediaStore
from store.registry import person_number

Prompt = Mapping[str, str | int | float]
ASKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, eq=False)
class DrawnMedia:
    """Media that were made for a slate, whether it showed them or not, as a bandit: occasions, options, rewards.

    A reward is 1 if the medium was selected from that slate: so an option is also judged by what the ranking makes of it.
    """

    known_SC: Halves
    options_S: NDArray[np.int64]
    probabilities_S: NDArray[np.float64]
    rewards_S: NDArray[np.float64]
    people_S: NDArray[np.int64]
    at_s_S: NDArray[np.float64]
    drawn_by: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.options_S)

    def take(self, rows_X: NDArray[np.int64]) -> "DrawnMedia":
        """Some of the media."""
        return DrawnMedia(
            self.known_SC[rows_X],
            self.options_S[rows_X],
            self.probabilities_S[rows_X],
            self.rewards_S[rows_X],
            self.people_S[rows_X],
            self.at_s_S[rows_X],
            tuple(self.drawn_by[row] for row in rows_X),
        )

    def split(self, held_out: float) -> tuple["DrawnMedia", "DrawnMedia"]:
        """Learn from some people, judge with others, as `RankingLog.split` does."""
        judged_S = self.people_S % BUCKETS < held_out * BUCKETS
        return self.take(np.flatnonzero(~judged_S)), self.take(np.flatnonzero(judged_S))

    def drawn_with(self, version: str) -> "DrawnMedia":
        """Those that one policy drew."""
        return self.take(np.flatnonzero([each == version for each in self.drawn_by]))

    def as_slates(self) -> RankingLog:
        """Each medium as a slate of one place, whose candidates are the options: the ranker's machinery learns from it."""
        size = len(self)
        return RankingLog(
            features_SNF=np.stack([features(known_C) for known_C in self.known_SC])
            if size
            else np.zeros((0, len(OPTIONS), len(NAMES)), dtype=np.float16),
            is_there_SN=np.array([base_shares(known_C) > 0 for known_C in self.known_SC]).reshape(
                size, len(OPTIONS)
            ),
            penalties_SKN=np.zeros((size, 1, len(OPTIONS)), dtype=np.float32),
            order_SK=self.options_S[:, None],
            propensities_SK=self.probabilities_S[:, None],
            rewards_SK=self.rewards_S[:, None].astype(np.float32),
            people_S=self.people_S,
            at_s_S=self.at_s_S,
            policy_versions=self.drawn_by,
        )


async def read_prompts(rows: Iterable[Mapping[str, Any]], store: MediaStore) -> dict[str, Prompt]:
    """What the media that were made for these slates were made of; those that were deleted since are absent."""
    ids = sorted({item_id for row in last_slates(rows) for item_id in _made(row)})
    prompts: dict[str, Prompt] = {}
    for start in range(0, len(ids), ASKED_AT_ONCE):
        items = await store.get(ids[start : start + ASKED_AT_ONCE])
        prompts |= {item_id: item.prompt for item_id, item in items.items() if item.prompt is not None}
    return prompts


def read_drawn_media(rows: Iterable[Mapping[str, Any]], prompts: Mapping[str, Prompt]) -> DrawnMedia:
    """Join the last slate of each suggestion with how its new media were drawn; media without a choice are passed over."""
    found = []
    for row in last_slates(rows):
        chosen = {deed["item_id"] for deed in row["feedback"] if deed["action"] in GOOD}
        for item_id in _made(row):
            drawn = _drawn(prompts.get(item_id, {}))
            if drawn is not None:
                found.append(
                    (*drawn, float(item_id in chosen), person_number(row["user_id"]), row["at"].timestamp())
                )
    known, options, probabilities, drawn_by, rewards, people, times = (
        zip(*found, strict=True) if found else [()] * 7
    )
    return DrawnMedia(
        np.array(known, dtype=np.float16).reshape(-1, len(KNOWN)),
        np.array(options, dtype=np.int64),
        np.array(probabilities, dtype=np.float64),
        np.array(rewards, dtype=np.float64),
        np.array(people, dtype=np.int64),
        np.array(times, dtype=np.float64),
        tuple(drawn_by),
    )


def judge(media: DrawnMedia, policy: DrawingPolicy, seed: int) -> Estimate | Refusal:
    """What a policy gains in selections a medium over the one that drew these, with its 95% interval (IPS)."""
    each = zip(media.known_SC, media.options_S, strict=True)
    target_S = np.array([policy.probabilities(known_C)[option] for known_C, option in each])
    slates = LoggedSlates(
        media.rewards_S[:, None],
        Probabilities(media.probabilities_S[:, None], target_S[:, None]),
        units_S=media.people_S,
    )
    return evaluate_gain(slates, ips, np.random.default_rng(seed))


def _made(row: Mapping[str, Any]) -> Sequence[str]:
    return [each["item_id"] for each in json.loads(row["candidates"]) if each["source"] == "generated"]


def _drawn(prompt: Prompt) -> tuple[Halves, int, float, str] | None:
    """What was known, the option, its probability, and who drew it."""
    try:
        known_C = decode(str(prompt["occasion"]))
        option = OPTIONS.index((prompt["style"], prompt["mood"], bool(prompt["lettering"])))
        return known_C, option, float(prompt["drawn_with_probability"]), str(prompt["drawn_by"])
    except (KeyError, ValueError):  # nothing was chosen, or it is of another version
        return None
