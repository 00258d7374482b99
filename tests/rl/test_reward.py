import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.text import TextEncoder
from rl.examination import fit_examination
from rl.log import read_log
from rl.reward.combined import CombinedReward, novelty, rate_by_sight
from rl.reward.pairs import make_pairs
from rl.reward.preference import from_bytes, to_bytes
from rl.reward.registry import HELD_OUT, read_preference, reward_registry
from rl.reward.reliability import auc, ece, slope
from rl.reward.settings import RewardTraining, RewardWeights
from rl.train_reward import is_held_out, main, train_reward
from rl.tuning.latent_encoder import LatentEncoder
from rl.tuning.latent_media import LatentMedia
from rl.tuning.showings import Showings, read_showings
from store.database import migrate
from store.erasure import erase
from store.media import MediaStore
from store.people import PeopleStore
from store.person import Profile
from store.registry import person_number
from tests.ranking import strategies as s
from tests.rl.sticker_world import N_GRAMS, THETA, WEIGHTS, fill, log_rows, store_log, wanted

RANKING = replace(s.SHIPPED, temperature=0.1)
SETTINGS = RewardTraining.load(Path("configs/rl/reward.yaml"))


@dataclass(frozen=True)
class World:
    folder: Path
    warm: dict[str, float]
    rows: list[dict[str, Any]]
    showings: Showings
    warm_N: np.ndarray

    def read(self, then: Callable[[MediaStore], Awaitable[None]] | None = None) -> Showings:
        """Read the log again, after something was done to the store."""
        return asyncio.run(_read(self.folder, self.rows, then))


latent_encoder = cache(lambda: LatentEncoder("sticker", WEIGHTS))
text_encoder = cache(TextEncoder)


async def _read(
    folder: Path, rows: list[dict[str, Any]], then: Callable[[MediaStore], Awaitable[None]] | None = None
) -> Showings:
    store = await MediaStore.open(f"sqlite+aiosqlite:///{folder}/store.db", f"{folder}/blobs")
    try:
        if then is not None:
            await then(store)
        return await read_showings(rows, store, latent_encoder(), text_encoder().encode, RANKING, 5.0)
    finally:
        await store.close()


async def _build(folder: Path) -> dict[str, float]:
    await migrate(f"sqlite+aiosqlite:///{folder}/store.db")
    store = await MediaStore.open(f"sqlite+aiosqlite:///{folder}/store.db", f"{folder}/blobs")
    try:
        return await fill(store)
    finally:
        await store.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """120 real stickers, and 1,200 slates of 200 people who love warm colours; the ranking puts cool ones first."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("reward")
    warm = asyncio.run(_build(folder))
    rows = log_rows(warm, RANKING, 1200)
    warm_N = np.array([warm[shown["item_id"]] for row in rows for shown in row["shown"]])
    return World(folder, warm, rows, asyncio.run(_read(folder, rows)), warm_N)


@pytest.fixture(scope="module")
def about(world: World) -> dict[str, Any]:
    """What is known of the version that was trained on it."""
    return train_reward(SETTINGS, world.showings, "sticker", reward_registry(str(world.folder)))


def test_the_shipped_settings_are_whole() -> None:
    assert SETTINGS.model_fields_set == set(RewardTraining.model_fields)
    assert SETTINGS.reward.model_fields_set == set(RewardWeights.model_fields)


def test_a_setting_that_is_not_known_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "reward.yaml").write_text("reward: {}\nsurprise: 1\n")
    with pytest.raises(ValueError, match="surprise"):
        RewardTraining.load(tmp_path / "reward.yaml")


def test_how_likely_each_place_is_looked_at_comes_from_the_log(world: World) -> None:
    found_K = fit_examination(read_log(world.rows, RANKING))
    assert found_K == pytest.approx([THETA**place for place in range(5)], abs=0.08)


def test_what_was_shown_is_read_with_what_became_of_it(world: World) -> None:
    shown = world.showings.shown
    assert len(shown) == sum(len(row["shown"]) for row in world.rows)
    assert int(shown.chosen_N.sum()) == sum(len(row["feedback"]) for row in world.rows)
    assert set(shown.n_grams) == set(N_GRAMS)
    assert float(shown.weights_N.min()) >= 1
    assert float(shown.weights_N.max()) == 5
    generated = world.showings.generated
    assert len(generated) == sum(each["item_id"][0] == "g" for row in world.rows for each in row["shown"])


def test_stored_stickers_have_the_latents_that_they_were_decoded_from(world: World) -> None:
    """To the noise that the autoencoder was trained with, and a little more for edges and compression."""
    autoencoder = latent_encoder().autoencoder
    latents = world.showings.generated.media.latents_NCFHW[:32, :, 0]
    with torch.inference_mode():
        again = autoencoder.encode(autoencoder.decode(latents).clamp(-1, 1))
    assert float((again - latents).square().mean().sqrt()) < 0.5 * float(latents.std())


def test_people_are_known_by_what_they_selected_before(world: World) -> None:
    media, first = world.showings.shown.media, len(world.rows[0]["shown"])
    lengths_N = media.leanings_NT.norm(dim=1)
    assert float(lengths_N[:first].max()) == 0  # a stranger's first slate
    assert float(lengths_N[-1000:].mean()) > 0.3
    assert float(lengths_N.max()) <= 1


def test_whoever_wants_no_personalisation_stays_a_stranger(world: World) -> None:
    async def refuse(store: MediaStore) -> None:
        people = PeopleStore(store.engine, "test")
        for number in range(100, 110):
            await people.put_profile(f"u-{number}", Profile(personalize=False))

    shown = world.read(refuse).shown
    refused = torch.tensor([person_number(f"u-{number}") for number in range(100, 110)])
    lengths_N = shown.media.leanings_NT.norm(dim=1)
    is_refused_N = torch.isin(shown.people_N, refused)
    assert float(lengths_N[is_refused_N].max()) == 0 < float(lengths_N[~is_refused_N].mean())


def test_the_media_of_erased_people_are_absent(world: World) -> None:
    before = world.showings.generated

    async def forget(store: MediaStore) -> None:
        for number in range(20):
            await erase(store, f"u-{number}", "test")

    gone = {f"g-{number:02}" for number in range(20)}
    left = [each["item_id"] not in gone for row in world.rows for each in row["shown"]]
    after = world.read(forget)
    assert len(after) == sum(left) < len(left)
    assert len(after.generated) < len(before)


def test_a_media_type_that_nothing_encodes_is_named() -> None:
    with pytest.raises(ValueError, match="audio"):
        LatentEncoder("audio", WEIGHTS)
    with pytest.raises(ValueError, match="only decodes"):
        LatentEncoder("image", WEIGHTS)


def test_a_choice_far_down_counts_more(world: World) -> None:
    pairs = make_pairs(world.showings, 5.0)
    chosen_N = world.showings.shown.chosen_N
    assert bool(chosen_N[pairs.better_P].all())
    assert not bool(chosen_N[pairs.other_P].any())
    slates = world.showings.shown.slates
    assert all(slates[i] == slates[j] for i, j in zip(pairs.better_P, pairs.other_P, strict=True))
    examined_P = world.showings.examined_N[pairs.better_P]
    assert float(pairs.weights_P[examined_P < 0.3].mean()) > 2 * float(
        pairs.weights_P[examined_P == 1].mean()
    )


def test_a_taste_is_found_though_the_ranking_hides_it(world: World, about: dict[str, Any]) -> None:
    for name in ("reward.safetensors", HELD_OUT):
        model = read_preference(str(world.folder), name)
        likes_N = model.probability(world.showings.shown.media).numpy()
        assert np.corrcoef(likes_N, world.warm_N)[0, 1] > 0.7
    assert (
        about["metrics"]["reward"]["pairs"][1] > 0.55
    )  # surely better than chance for people not learned from


def test_its_probabilities_are_those_of_selecting_what_is_looked_at(
    world: World, about: dict[str, Any]
) -> None:
    model = read_preference(str(world.folder))
    made = world.showings.generated.media
    truth = np.mean([wanted(warm) for warm in world.warm_N[world.showings.generated_N.numpy()]])
    assert float(model.probability(made).mean()) == pytest.approx(truth, abs=0.1)
    _, lower, upper = about["metrics"]["reward"]["slope"]
    assert lower < 1 < upper
    assert about["metrics"]["reward"]["ece"][0] < 0.05


def test_the_held_out_model_learns_from_other_people(world: World, about: dict[str, Any]) -> None:
    """What climbs sees nothing of what judges: other people's clicks change only the other model."""
    judged_N = is_held_out(world.showings, SETTINGS.held_out)
    people_N = world.showings.shown.people_N
    assert not set(people_N[judged_N].tolist()) & set(people_N[~judged_N].tolist())
    learn = world.showings.generated.split(SETTINGS.held_out)[0]
    assert set(learn.people_N.tolist()) <= set(people_N[~judged_N].tolist())
    metrics = about["metrics"]
    assert metrics["reward"]["people"] == len(people_N[judged_N].unique())
    assert metrics["held_out"]["people"] == len(people_N[~judged_N].unique())
    registry = reward_registry(str(world.folder))
    assert registry.learned_from("u-0") == (about["version"],)
    assert registry.learned_from("nobody") == ()


def test_the_job_reads_what_serving_wrote(world: World, about: dict[str, Any], tmp_path: Path) -> None:
    """From the tables through the exported log to the same numbers of slates and choices as in the rows themselves."""
    url = f"sqlite+aiosqlite:///{tmp_path}/store.db"

    async def write() -> None:
        await _build(tmp_path)
        store = await MediaStore.open(url, f"{tmp_path}/blobs")
        await store_log(store, world.rows, f"{tmp_path}/log")
        await store.close()

    asyncio.run(write())
    registry = f"{tmp_path}/registry"
    main(f"{tmp_path}/log", url, f"{tmp_path}/blobs", registry, Path("configs/ranking.yaml"))
    (registered,) = reward_registry(registry).versions()
    assert registered["data"] == about["data"]
    assert registered["media_type"] == "sticker"


def test_a_model_that_was_read_again_says_the_same(world: World, about: dict[str, Any]) -> None:
    model, media = read_preference(str(world.folder)), world.showings.generated.media.take(torch.arange(50))
    assert torch.equal(from_bytes(to_bytes(model))(media), model(media))
    assert bool((model(media) <= model.probability(media)).all())  # caution


def test_reading_from_an_empty_registry_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="finetune reward"):
        read_preference(str(tmp_path))


def test_a_log_with_too_few_choices_is_refused(world: World) -> None:
    few = world.showings.take(torch.arange(100))
    with pytest.raises(ValueError, match="are needed"):
        train_reward(SETTINGS, few, "sticker", reward_registry(str(world.folder)))


def _media(embeddings_NT: torch.Tensor, texts_NT: torch.Tensor) -> LatentMedia:
    count = len(embeddings_NT)
    latents = torch.randn(count, 24, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    zeros = torch.zeros_like(texts_NT)
    return LatentMedia(latents, texts_NT, embeddings_NT, torch.zeros(count, dtype=torch.long), zeros)


def test_what_does_not_fit_the_n_gram_earns_nothing(world: World, about: dict[str, Any]) -> None:
    reward = CombinedReward(read_preference(str(world.folder)), SETTINGS.reward, RANKING)
    media = world.showings.generated.media
    earned_N, fits_N = reward(media), media.relevance() >= SETTINGS.reward.relevance_floor
    assert float(earned_N[~fits_N].max()) == 0 < float(earned_N[fits_N].min())
    assert float(earned_N.max()) <= 1


def test_of_media_that_are_alike_none_is_new() -> None:
    unit = torch.eye(384)
    texts = unit[[0, 0, 0, 1]]
    media = _media(unit[[5, 5, 6, 5]], texts)
    assert novelty(media).tolist() == [0, 0, 1, 1]
    twice = media.take(torch.tensor([2, 2]))
    assert novelty(twice).tolist() == [1, 1]  # the same medium, shown twice


def test_safety_is_judged_by_sight_where_it_counts(world: World, about: dict[str, Any]) -> None:
    model = read_preference(str(world.folder))
    weights = SETTINGS.reward.model_copy(update={"safety": 0.5})
    with pytest.raises(ValueError, match="safety"):
        CombinedReward(model, weights, RANKING)
    media = world.showings.generated.media.take(torch.arange(12))
    safe_N = rate_by_sight(latent_encoder().autoencoder)(media)
    assert 0 < float(safe_N.mean()) < 1  # the classifier takes the fourth of these stickers for skin
    judged_N = CombinedReward(model, weights, RANKING, lambda _: safe_N)(media)
    without_N = CombinedReward(model, SETTINGS.reward, RANKING)(media)
    fits_N = without_N > 0
    assert bool(((judged_N > without_N) == safe_N.bool())[fits_N].all())


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_measures_stay_in_their_range(rows: list[tuple[float, bool]]) -> None:
    predicted, chosen = np.array(rows, dtype=np.float64).T
    assert 0 <= auc(predicted, chosen) <= 1
    assert 0 <= ece(predicted, chosen) <= 1
    assert auc(chosen, chosen) == (1.0 if 0 < chosen.sum() < len(chosen) else 0.5)
    assert ece(chosen, chosen) == 0
    assert np.isfinite(slope(predicted, chosen))
