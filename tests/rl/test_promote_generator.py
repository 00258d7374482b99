"""A tuned generator goes live only with evidence: real stickers where one is made, drawn figures where many are needed."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from models.references import Worth
from models.sticker import StickerGenerator
from ranking.live_generator import read_tuned, tuned_files
from ranking.outcomes import ANYTHING, PAINTED
from ranking.trial import Difference
from rl.generator_evidence import Works, compare, make, paint_stickers
from rl.promote_generator import held_out_n_grams, promote, read_trial, try_out
from rl.tuning.latent_media import LatentMedia
from store.database import connect, migrate
from store.feedback import FeedbackLog
from store.impressions import ImpressionLog
from store.journal import Journal
from store.registries import generator_registry
from store.registry import Registry, person_number
from tests.store.test_people import deed, impression

WEIGHTS = Path("models/weights")
N_GRAMS = ("happy birthday", "good night", "so tired today")


def brightness(media: LatentMedia) -> Tensor:
    return media.latents_NCFHW.flatten(1).mean(1).sigmoid()


@pytest.fixture(scope="module")
def generator() -> StickerGenerator:
    return StickerGenerator(
        WEIGHTS / "sticker", WEIGHTS / "relevance", num_inference_steps=2, guidance_scale=3.0, strength=0.67
    )


@pytest.fixture(scope="module")
def works(generator: StickerGenerator) -> Works:
    return make(partial(paint_stickers, generator), N_GRAMS, 2, brightness)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    versions = generator_registry(str(tmp_path), "sticker")
    versions.add("sticker-rl-new", {}, {}, [person_number("ann")])
    return versions


def drawn(num: int = 60) -> Works:
    rng = np.random.default_rng(0)
    return Works(
        rng.uniform(0.3, 0.5, num),
        rng.uniform(0.5, 0.8, num),
        rng.uniform(0.2, 0.4, num),
        np.ones(num),
        np.eye(2, dtype=np.float32)[None].repeat(num, axis=0),
    )


def test_a_generator_gains_nothing_over_itself(works: Works, generator: StickerGenerator) -> None:
    again = make(partial(paint_stickers, generator), N_GRAMS, 2, brightness)
    found = compare(again, works, works, seed=0)
    assert found.reward.value == found.relevance.value == found.diversity.value == 0.0
    assert found.distance.value == pytest.approx(0.0, abs=1e-5)
    assert found.objection() == "reward is not surely higher"


def test_stickers_fit_their_own_n_gram_best_differ_and_may_be_shown(
    works: Works, generator: StickerGenerator
) -> None:
    texts_QT = generator.encoder.encode(N_GRAMS)
    cosines_QQ = works.embeddings_QST.mean(axis=1) @ texts_QT.T
    assert works.relevance_Q == pytest.approx(cosines_QQ.diagonal(), abs=1e-5)
    assert (cosines_QQ.argmax(axis=1) == np.arange(len(N_GRAMS))).all()
    assert (works.diversity_Q > 0.0).all()
    assert (works.safe_Q == 1.0).all()


def test_a_registered_network_is_read_whole_and_paints_otherwise(
    works: Works, generator: StickerGenerator, registry: Registry, tmp_path: Path
) -> None:
    changed = generator.pipeline.transformer.__class__.from_pretrained(WEIGHTS / "sticker" / "transformer")
    with torch.no_grad():
        for parameter in changed.parameters():
            parameter.mul_(0.9)
    references = generator.pipeline.references
    registry.add(
        "sticker-rl-faded", tuned_files(changed, Worth(references.worth_SM, references.identity)), {}
    )
    before = generator.pipeline.transformer
    generator.retune(read_tuned(registry, "sticker-rl-faded"))
    found = compare(make(partial(paint_stickers, generator), N_GRAMS, 2, brightness), works, works, seed=0)
    generator.pipeline.register_modules(transformer=before)
    assert found.distance.value > 1e-4  # the same network again: below 1e-5


def test_a_surely_better_generator_goes_live_and_the_journal_says_why(registry: Registry) -> None:
    live = drawn()
    better = replace(live, reward_Q=live.reward_Q + np.random.default_rng(1).normal(0.05, 0.05, 60))
    verdict = promote(registry, "sticker-rl-new", compare(better, live, live, seed=0))
    assert verdict.promoted
    assert registry.live() == "sticker-rl-new"
    (decision,) = Journal(registry).read()
    assert decision.what == "promoted"
    assert decision.evidence["reward"]["lower"] > 0.0


def test_reward_that_is_paid_for_with_relevance_is_refused(registry: Registry) -> None:
    live, rng = drawn(), np.random.default_rng(1)
    hacked = replace(
        live,
        reward_Q=live.reward_Q + rng.normal(0.3, 0.05, 60),
        relevance_Q=live.relevance_Q - rng.normal(0.05, 0.01, 60),
    )
    verdict = promote(registry, "sticker-rl-new", compare(hacked, live, live, seed=0))
    assert not verdict.promoted
    assert "relevance may fall" in verdict.reason
    assert registry.live() is None
    assert Journal(registry).read()[0].what == "not promoted"


def test_a_gain_that_chance_explains_is_refused(registry: Registry) -> None:
    live = drawn()
    noisy = replace(live, reward_Q=live.reward_Q + np.random.default_rng(1).normal(0.0, 0.05, 60))
    assert not promote(registry, "sticker-rl-new", compare(noisy, live, live, seed=0)).promoted


def test_stickers_that_may_not_be_shown_are_refused(registry: Registry) -> None:
    live, rng = drawn(), np.random.default_rng(1)
    worse = replace(
        live, reward_Q=live.reward_Q + rng.normal(0.3, 0.05, 60), safe_Q=rng.integers(0, 2, 60) / 1.0
    )
    assert (
        "shown to everyone"
        in promote(registry, "sticker-rl-new", compare(worse, live, live, seed=0)).reason
    )


def test_what_the_learned_from_typed_is_not_held_out() -> None:
    rows = [{"user_id": "ann", "n_gram": "good night"}, {"user_id": "bob", "n_gram": "purple rain"}]
    held_out = held_out_n_grams(rows, {person_number("ann")}, most=10_000, seed=0)
    assert "purple rain" in held_out
    assert "good night" not in held_out
    assert len(held_out) > 100  # the phrases of the catalogue


def trial(value: float, radius: float = 0.02) -> Difference:
    return Difference(
        value, radius / 3, value - radius, value + radius, 0.95, 0.3, 0.3, (400, 400), (4000, 4000)
    )


def test_what_people_surely_take_more_of_goes_live_though_the_reward_cannot_tell(
    registry: Registry,
) -> None:
    live = drawn()
    unsure = compare(live, live, live, seed=0)
    assert not promote(registry, "sticker-rl-new", unsure, {PAINTED: trial(0.01)}).promoted
    verdict = promote(registry, "sticker-rl-new", unsure, {PAINTED: trial(0.05)}, control=0.1)
    assert verdict.promoted
    assert registry.serving().beside is not None
    assert Journal(registry).read()[-1].evidence["trial"][PAINTED]["value"] == 0.05


def test_what_people_surely_take_less_of_stays_though_the_reward_is_higher(registry: Registry) -> None:
    live = drawn()
    better = replace(live, reward_Q=live.reward_Q + np.random.default_rng(1).normal(0.05, 0.05, 60))
    found = {PAINTED: trial(0.05), ANYTHING: trial(-0.05)}
    verdict = promote(registry, "sticker-rl-new", compare(better, live, live, seed=0), found)
    assert not verdict.promoted
    assert "surely less is selected of anything" in verdict.reason


def test_only_what_is_surely_worse_is_not_tried(registry: Registry) -> None:
    live, rng = drawn(), np.random.default_rng(1)
    worse = replace(live, reward_Q=live.reward_Q - rng.normal(0.3, 0.05, 60))
    verdict = try_out(registry, "sticker-rl-new", compare(worse, live, live, seed=0), 0.2)
    assert not verdict.promoted
    assert "reward is surely lower" in verdict.reason
    assert registry.serving().beside is None
    assert try_out(registry, "sticker-rl-new", compare(live, live, live, seed=0), 0.2).promoted
    beside = registry.serving().beside
    assert beside is not None
    assert (beside.version, beside.role, beside.share) == ("sticker-rl-new", "canary", 0.2)


async def test_only_a_canary_has_a_trial(registry: Registry, database_url: str) -> None:
    await migrate(database_url)
    assert await read_trial(database_url, registry.serving(), "sticker-rl-new") == {}
    registry.try_out("sticker-rl-new", 0.4)
    assert await read_trial(database_url, registry.serving(), "sticker-rl-other") == {}
    assert await read_trial(database_url, registry.serving(), "sticker-rl-new") == {}, "nobody came yet"
    engine = await connect(database_url)
    shown = [impression(f"s-{person}", user_id=f"u-{person}", at_s=time.time()) for person in range(200)]
    await ImpressionLog(engine, "test").add(shown)
    await FeedbackLog(engine, "test").record(
        [deed(each.suggestion_id, at_s=time.time()) for each in shown[::2]]
    )
    await engine.dispose()
    found = await read_trial(database_url, registry.serving(), "sticker-rl-new")
    assert ANYTHING in found
    assert sum(found[ANYTHING].people) == 200
