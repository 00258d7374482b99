"""Learning how to draw media, from simulated people whose tastes are known here and told to nobody."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ranking.choices import OPTIONS
from ranking.drawing import DrawingPolicy, to_safetensors
from ranking.live_drawing import DRAWING, live_drawing
from ranking.network import ScoringNetwork
from ranking.occasion import NAMES, encode
from ranking.weights import load_ranking_weights
from rl.drawn_media import DrawnMedia, judge, read_drawn_media
from rl.ope.evaluate import Estimate
from rl.promote_drawing import promote
from rl.ranker_settings import RankerTraining
from rl.simulation.studio import Drawn, Studio, as_log
from rl.train_drawing import train_version
from store.journal import Journal
from store.registries import drawing_registry
from store.registry import Registry, person_number

BY_HAND = DrawingPolicy()
PHRASES = ("happy birthday", "my cat died", "ok then let us see", "lol")
FITS_QM = np.array(
    [(0.42, 0.19, 0.14, 0.11), (0.19, 0.31, 0.16, 0.33), (0.2, 0.2, 0.2, 0.2), (0.24, 0.23, 0.25, 0.2)],
    np.float32,
)


def studio(seed: int = 0) -> Studio:
    return Studio(PHRASES, FITS_QM, load_ranking_weights(Path("configs/ranking.yaml")), 60, seed)


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    return list(studio().draw(BY_HAND, 3_000))


@pytest.fixture(scope="module")
def media(drawn: list[Drawn]) -> DrawnMedia:
    return as_log(drawn)


def leaning_to(feature: str, by: float) -> DrawingPolicy:
    weights_F1 = np.zeros((len(NAMES), 1), dtype=np.float32)
    weights_F1[NAMES.index(feature)] = by
    mean_F, deviation_F = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    return DrawingPolicy(ScoringNetwork(mean_F, deviation_F, 1.0, ((weights_F1, np.zeros(1, np.float32)),)))


def logged(drawn: list[Drawn]) -> tuple[list[dict[str, Any]], dict[str, dict[str, str | int | float]]]:
    """The same media as rows of the exported log, and as the store keeps what they were made of."""
    rows, prompts = [], {}
    for number, each in enumerate(drawn):
        item_id, choice = f"m-{number}", each.choice
        rows.append(
            {
                "suggestion_id": f"s-{number}",
                "slate": 0,
                "user_id": f"u-{each.person}",
                "at": datetime.fromtimestamp(60 * number, UTC),
                "candidates": json.dumps(
                    [{"item_id": item_id, "source": "generated"}, {"item_id": "cake", "source": "index"}]
                ),
                "feedback": [{"item_id": item_id, "action": "select"}] if each.selected else [],
            }
        )
        prompts[item_id] = {
            "text": "hi", "seed": number, "style": choice.style, "mood": choice.mood, "lettering": choice.lettering,
            "drawn_with_probability": choice.probability, "drawn_by": BY_HAND.version, "occasion": encode(each.known_C),
        }  # fmt: skip
    return rows, prompts


def test_the_log_and_the_store_together_say_how_each_medium_was_drawn(
    drawn: list[Drawn], media: DrawnMedia
) -> None:
    rows, prompts = logged(drawn[:200])
    prompts["m-0"] = {
        "text": "hi",
        "seed": 0,
        "style": "3d",
        "mood": "plain",
        "lettering": False,
    }  # nothing chosen
    prompts["m-1"]["occasion"] = "0:AAAA"  # of another version
    del prompts["m-2"]  # deleted since
    read = read_drawn_media(rows, prompts)
    assert len(read) == 197
    np.testing.assert_array_equal(read.known_SC, media.known_SC[3:200])
    np.testing.assert_array_equal(read.options_S, media.options_S[3:200])
    np.testing.assert_array_equal(read.rewards_S, media.rewards_S[3:200])
    np.testing.assert_array_equal(read.probabilities_S, media.probabilities_S[3:200])
    assert read.people_S[0] == person_number(f"u-{drawn[3].person}")
    assert len(read_drawn_media([], {})) == 0


def test_nobody_who_is_learned_from_judges(media: DrawnMedia) -> None:
    learn, judged = media.split(0.3)
    assert len(learn) + len(judged) == len(media)
    assert not set(learn.people_S) & set(judged.people_S)


def test_an_estimate_from_the_log_is_near_the_truth(media: DrawnMedia) -> None:
    policy = leaning_to("is_lettered", -1.0)
    found = judge(media, policy, seed=0)
    assert isinstance(found, Estimate)
    others = [np.mean([each.chance for each in studio(1).draw(p, 3_000)]) for p in (policy, BY_HAND)]
    assert found.interval.lower - 0.02 < others[0] - others[1] < found.interval.upper + 0.02


def test_what_fits_the_words_is_promoted_what_does_not_is_not_and_both_are_written_down(
    media: DrawnMedia, tmp_path: Path
) -> None:
    registry = Registry(str(tmp_path))
    for better, policy in ((False, leaning_to("fit", -6.0)), (True, leaning_to("fit", 3.0))):
        about = {"settings": {"held_out": 0.3, "seed": 0}}
        registry.add(policy.version, {DRAWING: to_safetensors(policy)}, about)
        verdict = promote(registry, policy.version, media, seed=0)
        assert verdict.promoted == better, verdict.reason
    assert live_drawing(registry).version == leaning_to("fit", 3.0).version
    assert [decision.what for decision in Journal(registry).read()] == ["not promoted", "promoted"]
    assert (
        "the log holds no media" in promote(registry, leaning_to("fit", -6.0).version, media, seed=0).reason
    )


def test_the_shipped_settings_are_whole() -> None:
    settings = RankerTraining.load(Path("configs/rl/drawing.yaml"))
    assert settings.model_fields_set == set(RankerTraining.model_fields)


@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
def test_the_rankers_machinery_learns_to_draw(media: DrawnMedia, tmp_path: Path) -> None:
    registry = drawing_registry(str(tmp_path))
    learn, held_out = media.split(0.3)
    settings = RankerTraining(
        units=(8,), iterations=1, updates_per_iteration=150, batch_size=256, stay=0.02
    )
    version = train_version(settings, learn, held_out, BY_HAND, tmp_path / "run", registry)
    registry.promote(version)
    learned = live_drawing(registry)
    assert learned.version == version
    earned = [
        np.mean([each.chance for each in studio(1).draw(policy, 3_000)]) for policy in (learned, BY_HAND)
    ]
    assert earned[0] > 1.1 * earned[1]
    assert registry.about(version)["data"]["slates"] == len(learn)
    assert (learned.probabilities(media.known_SC[0]) > 0).sum() == len(OPTIONS)
