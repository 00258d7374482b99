import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.pipeline import MediaFlowPipeline
from rl.reward.combined import CombinedReward, novelty, rate_by_sight
from rl.reward.pairs import make_pairs
from rl.reward.preference import from_bytes, to_bytes
from rl.reward.registry import HELD_OUT, newest_reward, people_climbed, read_preference, reward_registry
from rl.reward.reliability import auc, ece, slope
from rl.reward.settings import RewardTraining, RewardWeights
from rl.train_reward import is_held_out, main, train_reward
from rl.tuning.latent_media import LatentMedia
from store.media import MediaStore
from tests.rl.sticker_world import RANKING, WEIGHTS, World, build, sticker_eyes, store_log, wanted

SETTINGS = RewardTraining.load(Path("configs/rl/reward.yaml"))


@pytest.fixture(scope="module")
def about(world: World) -> dict[str, Any]:
    """What is known of the version that was trained on it."""
    return train_reward(SETTINGS, world.showings, "sticker", reward_registry(str(world.folder), "sticker"))


def test_the_shipped_settings_are_whole() -> None:
    assert SETTINGS.model_fields_set == set(RewardTraining.model_fields)
    assert SETTINGS.reward.model_fields_set == set(RewardWeights.model_fields)


def test_a_setting_that_is_not_known_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "reward.yaml").write_text("reward: {}\nsurprise: 1\n")
    with pytest.raises(ValueError, match="surprise"):
        RewardTraining.load(tmp_path / "reward.yaml")


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
        model = read_preference(str(world.folder), "sticker", about["version"], name)
        likes_N = model.probability(world.showings.shown.media).numpy()
        assert np.corrcoef(likes_N, world.warm_N)[0, 1] > 0.7
    assert (
        about["metrics"]["reward"]["pairs"][1] > 0.55
    )  # surely better than chance for people not learned from


def test_a_taste_holds_for_stickers_that_nobody_was_shown(world: World, about: dict[str, Any]) -> None:
    references = MediaFlowPipeline.from_pretrained(WEIGHTS / "sticker").references
    rows = [row for row in range(1500) if row % 20 != 3]  # the others are those of the log
    keys_NT = references.keys_MT[rows].float()
    latents = references.latents([0] * len(rows), rows).float()[:, :, None]
    styles_N = torch.zeros(len(rows), dtype=torch.long)
    media = LatentMedia(latents, keys_NT, keys_NT, styles_N, torch.zeros_like(keys_NT))
    likes_N = read_preference(str(world.folder), "sticker", about["version"]).probability(media).numpy()
    assert np.corrcoef(likes_N, references.warmth_SM[0, rows].float().numpy())[0, 1] > 0.7


def test_its_probabilities_are_those_of_selecting_what_is_looked_at(
    world: World, about: dict[str, Any]
) -> None:
    model = read_preference(str(world.folder), "sticker", about["version"])
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
    registry = reward_registry(str(world.folder), "sticker")
    assert registry.learned_from("u-0") == (about["version"],)
    assert registry.learned_from("nobody") == ()
    climbed = people_climbed(str(world.folder), "sticker", about["version"])
    assert climbed == set(people_N[~judged_N].tolist())


def test_the_job_reads_what_serving_wrote(world: World, about: dict[str, Any], tmp_path: Path) -> None:
    """From the tables through the exported log to the same numbers of slates and choices as in the rows themselves."""
    url = f"sqlite+aiosqlite:///{tmp_path}/store.db"

    async def write() -> None:
        await build(tmp_path)
        store = await MediaStore.open(url, f"{tmp_path}/blobs")
        await store_log(store, world.rows, f"{tmp_path}/log")
        await store.close()

    asyncio.run(write())
    registry = f"{tmp_path}/registry"
    main(f"{tmp_path}/log", url, f"{tmp_path}/blobs", registry, Path("configs/ranking.yaml"))
    (registered,) = reward_registry(registry, "sticker").versions()
    assert registered["data"] == about["data"]
    assert registered["media_type"] == "sticker"


def test_a_model_that_was_read_again_says_the_same(world: World, about: dict[str, Any]) -> None:
    model, media = (
        read_preference(str(world.folder), "sticker", about["version"]),
        world.showings.generated.media.take(torch.arange(50)),
    )
    assert torch.equal(from_bytes(to_bytes(model))(media), model(media))
    assert bool((model(media) <= model.probability(media)).all())  # caution


def test_reading_from_an_empty_registry_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="finetune reward"):
        newest_reward(str(tmp_path), "sticker")


def test_a_log_with_too_few_choices_is_refused(world: World) -> None:
    few = world.showings.take(torch.arange(100))
    with pytest.raises(ValueError, match="are needed"):
        train_reward(SETTINGS, few, "sticker", reward_registry(str(world.folder), "sticker"))


def _media(embeddings_NT: torch.Tensor, texts_NT: torch.Tensor) -> LatentMedia:
    count = len(embeddings_NT)
    latents = torch.randn(count, 24, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    zeros = torch.zeros_like(texts_NT)
    return LatentMedia(latents, texts_NT, embeddings_NT, torch.zeros(count, dtype=torch.long), zeros)


def test_what_does_not_fit_the_n_gram_earns_nothing(world: World, about: dict[str, Any]) -> None:
    reward = CombinedReward(
        read_preference(str(world.folder), "sticker", about["version"]), SETTINGS.reward, RANKING
    )
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
    model = read_preference(str(world.folder), "sticker", about["version"])
    weights = SETTINGS.reward.model_copy(update={"safety": 0.5})
    with pytest.raises(ValueError, match="safety"):
        CombinedReward(model, weights, RANKING)
    media = world.showings.generated.media.take(torch.arange(12))
    safe_N = rate_by_sight(sticker_eyes().autoencoder)(media)
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
