"""The job that tunes a large model by the log: a tiny random checkpoint of the real classes, from serving to its LoRA."""

import asyncio
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from deployments.finetune_commands import finetune_generator
from deployments.settings import DEFAULT_CONFIG
from models.generation import Prompt
from models.hub.generators import load_generator
from models.hub.loading import load_pipeline
from models.hub.model import HubImageModel
from rl.log import BUCKETS
from rl.reward.registry import newest_reward, reward_registry
from rl.tune_hub import with_what_was_told
from rl.tuning.hub import ShownHubMedia
from rl.tuning.log_reader import bytes_of
from rl.tuning.settings import GeneratorTuning
from store.database import migrate
from store.media import MediaStore
from store.media_item import MediaItem
from store.registries import generator_registry
from store.registry import Registry, person_number
from tests.rl.hub_models import WEIGHTS, saved
from tests.rl.sticker_world import COUNT, N_GRAMS, World, an_item, catalogue, store_log

TUNING = GeneratorTuning(
    lora_rank=4, iterations=1, updates_per_iteration=3, learning_rate=1e-2, batch_size=8, strength=1.0, guidance=1.0,
    replay=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> HubImageModel:
    made = saved("ZImagePipeline", tmp_path_factory.mktemp("z-image-tiny"))
    assert isinstance(made, HubImageModel)
    return made


@pytest.fixture(scope="module")
def served(world: World, model: HubImageModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a server with a store and a log of people who were shown pictures, half of them the model's."""
    folder = tmp_path_factory.mktemp("served")
    asyncio.run(write_store(folder, world, model))
    read = yaml.safe_load(DEFAULT_CONFIG.read_text().replace("../", f"{Path.cwd()}/"))
    read["suggest"]["ranking"] = str(DEFAULT_CONFIG.parent / read["suggest"]["ranking"])
    read["image"]["hub"] = asdict(model)
    (folder / "served.yaml").write_text(yaml.safe_dump(read))
    reward = yaml.safe_load(Path("configs/rl/reward.yaml").read_text())
    reward["reward"]["relevance_floor"] = -1.0  # what a random model paints fits nothing
    (folder / "reward.yaml").write_text(yaml.safe_dump(reward))
    (folder / "tuning.yaml").write_text(yaml.safe_dump(TUNING.model_dump(mode="json")))
    return folder


async def write_store(folder: Path, world: World, model: HubImageModel) -> None:
    store = await open_store(folder)
    try:
        await store.add([*await found(store), *await painted(store, model)])
        await store_log(store, world.rows, f"{folder}/log")
    finally:
        await store.close()


async def open_store(folder: Path) -> MediaStore:
    """Where a server with this data folder has it."""
    database = f"sqlite+aiosqlite:///{folder}/gramoji.db"
    await migrate(database)
    return await MediaStore.open(database, f"{folder}/media")


async def found(store: MediaStore) -> list[MediaItem]:
    """Pictures of the catalogue."""
    items = [await an_item(store, f"c-{i:02}", each.data, "catalog") for i, each in enumerate(catalogue())]
    return [replace(item, media_type="image") for item in items]


async def painted(store: MediaStore, model: HubImageModel) -> list[MediaItem]:
    """Pictures that the model made, asked for letters, as images always are."""
    generator, items = load_generator(model, WEIGHTS / "relevance"), []
    for number in range(COUNT):
        text = N_GRAMS[number % len(N_GRAMS)]
        (medium,) = generator.generate([Prompt(text, number, mood="joyful")]).media
        item = await an_item(store, f"g-{number:02}", medium.data, "generated")
        told = {"text": text, "seed": number, "mood": "joyful", "lettering": True}
        items.append(replace(item, media_type="image", model_version=generator.version, prompt=told))
    return items


def gramoji(served: Path, *arguments: str) -> str:
    """What the command says; it must end well."""
    command = [sys.executable, "-m", "deployments.cli", *arguments, "--config", str(served / "served.yaml")]
    environment = os.environ | {"GRAMOJI_VAR": str(served)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_large_model_learns_from_the_log_of_what_it_made(
    served: Path, world: World, model: HubImageModel
) -> None:
    """From the commands to a LoRA that its generator loads, with what speaks for it and whom it learned from."""
    registry = f"{served}/registry"
    gramoji(served, "finetune", "reward", "--modality", "image", "--training", str(served / "reward.yaml"))
    reward = newest_reward(registry, "image")
    assert reward["data"]["media"] == sum(len(row["shown"]) for row in world.rows)
    told = ("--tuning", str(served / "tuning.yaml"), "--run-dir", str(served / "run"))
    said = gramoji(served, "finetune", "generator", "--modality", "image", *told)
    versions = generator_registry(registry, "hub-image")
    (about,) = versions.versions()
    assert (about["reward"], about["model"]) == (reward["version"], asdict(model))
    assert about["evidence"]["n_grams"] == 24
    lora = f"{versions.root}/{about['version']}"
    assert f"image.hub.lora: {lora}" in said
    assert (Path(lora) / "sheet.png").stat().st_size > 0
    load_pipeline(replace(model, lora=lora), model.pipeline)
    assert about["version"] in gramoji(served, "versions")
    people = {row["user_id"] for row in world.rows}
    taught_it = {each for each in people if about["version"] in Registry(registry).learned_from(each)}
    assert taught_it == {each for each in people if person_number(each) % BUCKETS >= 0.4 * BUCKETS}


def test_media_of_another_model_teach_nothing(served: Path, world: World, model: HubImageModel) -> None:
    other = replace(model, checkpoint="somebody/another-model")

    async def read() -> ShownHubMedia:
        store = await open_store(served)
        try:
            items = await store.get([f"g-{number:02}" for number in range(COUNT)])
            data = await bytes_of(store, items)
        finally:
            await store.close()
        return with_what_was_told(world.showings.generated, items, data, other)

    with pytest.raises(ValueError, match="0 media of another-model"):
        asyncio.run(read())


def test_a_reward_of_another_judge_is_refused(tmp_path: Path) -> None:
    reward_registry(str(tmp_path), "image").add("reward-1", {}, {"judge": "siglip"}, [])
    with pytest.raises(ValueError, match="judge siglip"):
        newest_reward(str(tmp_path), "image")
    assert newest_reward(str(tmp_path), "image", "siglip")["version"] == "reward-1"


def test_a_modality_that_no_large_model_makes_has_no_job(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no large model makes it here \(`video.hub`\)"):
        finetune_generator(modality="video")
