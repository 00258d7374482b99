"""The job that tunes a large model by the log: a tiny random checkpoint of the real classes, from serving to its LoRA."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import fsspec
import pytest
import torch
import yaml
from PIL import Image
from torch import Tensor

from deployments.finetune_commands import finetune_generator, finetune_reward
from deployments.policy_commands import promote
from deployments.settings import DEFAULT_CONFIG
from models.generation import Prompt
from models.hub.generators import load_large
from models.hub.loading import is_by, load_pipeline, version_of
from models.hub.lora import FILE, save_lora
from models.hub.model import HubImageModel, HubStickerModel
from rl.hub_painting import SHOWN_PX, HubPainter
from rl.log import BUCKETS
from rl.promote_generator import everyday_phrases
from rl.reward.registry import judge_of, newest_reward, reward_registry
from rl.tune_hub import Contest, evidence, what_it_made
from rl.tuning.examples import WEIGHTS as ROW_WEIGHTS
from rl.tuning.hub import ShownHubMedia, hub_rows, tune_hub
from rl.tuning.hub_media import HubMedia
from rl.tuning.hub_velocity import PROMPT, load_hub
from rl.tuning.latent_media import LatentMedia
from rl.tuning.settings import GeneratorTuning
from store.database import migrate
from store.media import MediaStore
from store.media_item import MediaItem
from store.registries import generator_registry
from store.registry import Registry, person_number
from tests.keyed import gramoji
from tests.models.hub.checkpoints import sam2
from tests.rl.hub_models import WEIGHTS, High, saved, shown_media
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
        await store_log(store, world.rows, f"{folder}/var/log")
    finally:
        await store.close()


async def open_store(folder: Path) -> MediaStore:
    """Where a server with this data folder has it."""
    database = f"sqlite+aiosqlite:///{folder}/var/gramoji.db"
    await migrate(database)
    return await MediaStore.open(database, f"{folder}/var/media")


async def found(store: MediaStore) -> list[MediaItem]:
    """Pictures of the catalogue."""
    items = [await an_item(store, f"c-{i:02}", each.data, "catalog") for i, each in enumerate(catalogue())]
    return [replace(item, media_type="image") for item in items]


async def painted(store: MediaStore, model: HubImageModel) -> list[MediaItem]:
    """Pictures that the model made, asked for letters, as images always are."""
    generator, items = load_large(model, WEIGHTS / "relevance"), []
    for number in range(COUNT):
        text = N_GRAMS[number % len(N_GRAMS)]
        (medium,) = generator.generate([Prompt(text, number, mood="joyful")]).media
        item = await an_item(store, f"g-{number:02}", medium.data, "generated")
        told = {"text": text, "seed": number, "mood": "joyful", "lettering": True}
        items.append(replace(item, media_type="image", model_version=generator.version, prompt=told))
    return items


@pytest.mark.slow
def test_a_large_model_learns_from_the_log_of_what_it_made(
    served: Path, world: World, model: HubImageModel
) -> None:
    """From the commands to a LoRA that its generator loads, with what speaks for it and whom it learned from."""
    registry, config = f"{served}/var/registry", ("--config", str(served / "served.yaml"))
    of_images = ("--modality", "image", *config)
    gramoji(served, "finetune", "reward", "--training", str(served / "reward.yaml"), *of_images)
    reward = newest_reward(registry, "image")
    assert reward["data"]["media"] == sum(len(row["shown"]) for row in world.rows)
    told = ("--tuning", str(served / "tuning.yaml"), "--run-dir", str(served / "run"))
    said = gramoji(served, "finetune", "generator", *told, *of_images)
    versions = generator_registry(registry, "hub-image")
    (about,) = versions.versions()
    assert (about["reward"], about["model"]) == (reward["version"], asdict(model))
    assert about["evidence"]["n_grams"] == 24
    assert about["data"]["media"] == COUNT
    lora = f"{versions.root}/{about['version']}"
    assert f"image.hub.lora: {lora}" in said
    assert (Path(lora) / "sheet.png").stat().st_size > 0
    assert list((served / "run" / "tensorboard").glob("events.*"))
    load_pipeline(replace(model, lora=lora), model.pipeline)
    assert about["version"] in gramoji(served, "versions", *config)
    people = {row["user_id"] for row in world.rows}
    taught_it = {each for each in people if about["version"] in Registry(registry).learned_from(each)}
    assert taught_it == {each for each in people if person_number(each) % BUCKETS >= 0.4 * BUCKETS}


def test_media_of_another_model_teach_nothing(served: Path, world: World, model: HubImageModel) -> None:
    other = replace(model, checkpoint=f"{model.checkpoint}-turbo")
    places = (f"sqlite+aiosqlite:///{served}/var/gramoji.db", f"{served}/var/media")
    with pytest.raises(ValueError, match=r"0 media of .*-turbo to learn from"):
        asyncio.run(what_it_made(world.showings.generated, places, other))


def test_what_a_checkpoint_made_is_known_by_its_version(model: HubImageModel) -> None:
    own = version_of(model)
    sticker = HubStickerModel(**asdict(model), matting="facebook/sam2.1-hiera-small")
    tuned = version_of(replace(model, lora="s3://bucket/registry/generators/hub-image/lora-0123456789"))
    assert tuned == f"{own}-lora-0123456789"
    assert is_by(own, model)
    assert is_by(tuned, model)
    assert is_by(f"{tuned}-sam2.1-hiera-small", sticker)
    for stranger in (None, f"{own}-turbo", own[:-1], f"{own}-lora-0123456789-sam2.1-hiera-small"):
        assert not is_by(stranger, model)


def test_media_of_one_reward_teach_nothing(model: HubImageModel, tmp_path: Path) -> None:
    class Indifferent:
        def __call__(self, media: LatentMedia) -> Tensor:
            return torch.ones(len(media))

    with pytest.raises(ValueError, match="no n-gram was shown two media of different rewards"):
        tune_hub(TUNING, model, shown_media(model, 4), WEIGHTS, Indifferent(), tmp_path)


def test_a_medium_that_was_shown_twice_for_the_same_words_is_one_row(model: HubImageModel) -> None:
    made = shown_media(model, 4)
    twice = torch.tensor([0, 1, 2, 3, 3])
    shown = made.shown.take(twice)
    again = ShownHubMedia(shown, made.data, shown.n_grams)
    told = list(zip(shown.n_grams, shown.n_grams, strict=True))
    rows = hub_rows(HubMedia(model), again, told, High())
    assert rows[ROW_WEIGHTS].tolist() == pytest.approx([0.8, 0.8, 0.8, 1.6])
    assert rows[PROMPT].tolist() == [0, 1, 0, 1]


def test_a_lora_is_loaded_from_a_bucket(model: HubImageModel, bucket: str, tmp_path: Path) -> None:
    """As the shipped cluster has its registry."""
    HubMedia(model).write_texts(["a"], tmp_path / "texts")
    velocity = load_hub(model, str(tmp_path / "texts"), lora_rank=2)
    for weight in velocity.parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.3)
    save_lora(velocity.learned(), tmp_path / "lora")
    filesystem, path = fsspec.core.url_to_fs(f"{bucket}/lora-0123456789")
    filesystem.put(f"{tmp_path}/lora/{FILE}", f"{path}/{FILE}")
    there, here = (
        load_pipeline(replace(model, lora=lora), model.pipeline).transformer.state_dict()
        for lora in (f"{bucket}/lora-0123456789", str(tmp_path / "lora"))
    )
    assert any("lora_B" in name for name in here)
    assert all(torch.equal(there[name], value) for name, value in here.items())
    with pytest.raises(ValueError, match="lora-nowhere"):
        load_pipeline(replace(model, lora=f"{bucket}/lora-nowhere"), model.pipeline)


@pytest.mark.parametrize("name", ["sticker", "WanPipeline", "StableAudio3Pipeline"])
def test_what_a_large_model_makes_is_painted_twice_the_same(
    name: str, model: HubImageModel, tmp_path: Path
) -> None:
    if name == "sticker":
        sam2().save_pretrained(tmp_path)
        painted_by = HubStickerModel(**asdict(model), matting=str(tmp_path), shown_px=24)
    else:
        painted_by = saved(name, tmp_path)
    painter, prompts = HubPainter(painted_by, WEIGHTS), [Prompt("a cat", 1), Prompt("a cake", 2)]
    media, safe_N = painter(prompts)
    again, _ = painter(prompts)
    assert torch.equal(media.latents_NCFHW, again.latents_NCFHW)
    assert not torch.equal(media.latents_NCFHW[0], media.latents_NCFHW[1])
    assert safe_N.shape == (2,)
    assert {picture.size for picture in painter.seen} == {(SHOWN_PX, SHOWN_PX)}
    assert (media.fits_N is None) == (name != "StableAudio3Pipeline")


def test_the_sheet_shows_what_serves_too_and_everyday_phrases_alone(
    model: HubImageModel, tmp_path: Path
) -> None:
    class Flat:
        def probability(self, media: LatentMedia) -> Tensor:
            return torch.full((len(media),), 0.5)

    everyday, private = everyday_phrases()[0], "what nobody else would type"
    live, tuned = (replace(model, num_inference_steps=steps) for steps in (2, 3))
    found = evidence(
        Contest(model, live, tuned), WEIGHTS, [private, everyday], Flat(), 0, tmp_path / "sheet.png"
    )  # fmt: skip
    assert found.reward.value == 0
    assert found.distance.value > 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height > 6 * SHOWN_PX > sheet.width


def test_a_reward_of_another_judge_is_refused(model: HubImageModel, tmp_path: Path) -> None:
    judged = replace(model, judge="google/siglip2", judge_shift=0.1)
    reward_registry(str(tmp_path), "image").add("reward-1", {}, {"judge": judge_of(judged)}, [])
    assert newest_reward(str(tmp_path), "image", judge_of(judged))["version"] == "reward-1"
    for other in (model, replace(judged, judge_shift=0.0)):
        with pytest.raises(ValueError, match=r"is of the judge google/siglip2 \+0.1"):
            newest_reward(str(tmp_path), "image", judge_of(other))


@pytest.mark.parametrize("command", [finetune_generator, finetune_reward])
def test_of_what_no_large_model_makes_nothing_is_learned(command: Callable[..., None]) -> None:
    with pytest.raises(ValueError, match=r"no large model makes it here \(`video.hub`\)"):
        command(modality="video")


def test_a_lora_is_promoted_by_the_configuration() -> None:
    with pytest.raises(ValueError, match="where the configuration names its folder"):
        promote("lora-0123456789")
