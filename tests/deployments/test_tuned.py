"""A tuned generator that was promoted is what paints, in every deployment that paints."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from deployments.engine import Engine
from deployments.image import Image
from deployments.live_models import ModelRoutes
from deployments.makers import MakerLoader, Makers, up_to_date
from deployments.settings import DEFAULT_CONFIG, AppSettings, StickerSettings
from deployments.sleepers import Sleepers
from deployments.sticker import Sticker, load_generator
from deployments.user_config import generator_config, replica_settings
from deployments.video import Video
from models.generation import Prompt
from models.references import References, Worth
from models.transformer import FlowTransformer
from ranking.live_generator import tuned_files
from store.registries import generator_registry
from store.registry import Registry

SETTINGS = AppSettings.load(DEFAULT_CONFIG).sticker


REFERENCES = References.from_pretrained(SETTINGS.weights / "references")
WORTH = Worth(torch.zeros_like(REFERENCES.worth_SM), REFERENCES.identity)


def register(
    url: str,
    transformer: FlowTransformer,
    version: str = "sticker-rl-new",
    worth: Worth = WORTH,
) -> None:
    files = tuned_files(transformer, worth)
    generator_registry(url, "sticker").add(version, files, {"data": {"slates": 1}})


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A registry with one tuned version, which is live."""
    url = str(tmp_path / "registry")
    tuned = FlowTransformer.from_pretrained(SETTINGS.weights / "transformer").float()
    with torch.no_grad():
        tuned.proj_out.bias += 0.3
    register(url, tuned)
    generator_registry(url, "sticker").promote("sticker-rl-new")
    return url


def paint(settings: StickerSettings) -> tuple[str, torch.Tensor]:
    generator = load_generator(settings)
    return generator.version, generator.paint([Prompt("so tired today", 8)]).pictures_BCHW


def made_of(settings: StickerSettings, url: str, loader: MakerLoader) -> Makers:
    """What a replica of the stickers loads, once it has looked into the registry."""
    return loader(up_to_date(generator_config(sticker=settings), url))


@pytest.fixture
def loader() -> MakerLoader:
    """Loads as a replica does, without starting one."""
    sticker = Sticker.__new__(Sticker)
    sticker.settings = replica_settings(SETTINGS)
    return MakerLoader(sticker.load)


def test_the_promoted_version_paints_and_after_a_rollback_the_shipped_one(
    url: str, loader: MakerLoader
) -> None:
    registry = generator_registry(url, "sticker")
    promoted = made_of(SETTINGS, url, loader)
    assert promoted.version.startswith("sticker-rl-new-")
    registry.rollback()
    shipped = made_of(SETTINGS, url, loader)
    assert shipped.version.startswith("sticker-")
    tuned, plain = (
        each.live.paint([Prompt("so tired today", 8)]).pictures_BCHW  # type: ignore[attr-defined]
        for each in (promoted, shipped)
    )
    assert (tuned - plain).abs().mean() > 0.01


def test_a_canary_paints_for_its_share_of_the_people_and_what_serves_is_not_loaded_again(
    url: str, loader: MakerLoader
) -> None:
    registry = generator_registry(url, "sticker")
    before = made_of(SETTINGS, url, loader)
    register(url, FlowTransformer.from_pretrained(SETTINGS.weights / "transformer"), "sticker-rl-newer")
    registry.try_out("sticker-rl-newer", 0.3)
    trial = made_of(SETTINGS, url, loader)
    assert trial.live is before.live
    assert trial.beside is not None
    assert trial.beside.version.startswith("sticker-rl-newer-")
    people = [f"u-{number}" for number in range(1000)]
    given = [trial.of(person).version for person in people]
    assert given.count(trial.beside.version) == pytest.approx(300, abs=60)
    assert [trial.of(person).version for person in people] == given, "a person stays with one generator"
    registry.take_back("sticker-rl-newer", "surely worse")
    after = made_of(SETTINGS, url, loader)
    assert (after.live, after.beside) == (before.live, None)


def test_a_configuration_may_name_another_version_and_then_none_is_followed(
    url: str, loader: MakerLoader
) -> None:
    register(url, FlowTransformer.from_pretrained(SETTINGS.weights / "transformer"), "sticker-rl-old")
    named = SETTINGS.model_copy(update={"tuned": f"{url}/generators/sticker/sticker-rl-old"})
    assert made_of(named, url, loader).version.startswith("sticker-rl-old-")


@pytest.mark.parametrize("cls", [Image, Video])
def test_a_promotion_reaches_all_that_paint(cls: type[Engine], url: str) -> None:
    settings, name = AppSettings.load(DEFAULT_CONFIG), cls.__name__.lower()
    section = getattr(settings, name)
    painting = cls.__new__(cls)
    painting.settings = replica_settings(section)
    told = up_to_date(generator_config(**{name: section}, sticker=SETTINGS), url)
    assert "-rl-new-" in MakerLoader(painting.load)(told).version


def test_what_cannot_be_loaded_is_told_and_others_make_its_media(url: str, loader: MakerLoader) -> None:
    registry = generator_registry(url, "sticker")
    registry.add("sticker-rl-empty", {}, {})
    registry.try_out("sticker-rl-empty", 0.3)
    trial = made_of(SETTINGS, url, loader)
    assert trial.version.startswith("sticker-rl-new-")
    assert trial.beside is None
    assert trial.refused is not None
    assert trial.refused.startswith("sticker-rl-empty: ValueError")
    registry.promote("sticker-rl-empty")
    with pytest.raises(ValueError, match="sticker-rl-empty"):  # what served goes on
        made_of(SETTINGS, url, loader)
    started = made_of(SETTINGS, url, MakerLoader(loader._load))
    assert started.version.startswith("sticker-")
    assert "-rl-" not in started.version
    assert started.refused is not None


async def nobody() -> None:
    """The state of a deployment that does not answer."""


def test_versions_newer_than_the_live_one_are_candidates(url: str) -> None:
    register(url, FlowTransformer.from_pretrained(SETTINGS.weights / "transformer"), "sticker-rl-newer")
    learned = {"ranker": Registry(url), "sticker": generator_registry(url, "sticker")}
    suggest = SimpleNamespace(state=SimpleNamespace(remote=nobody))
    models = asyncio.run(ModelRoutes({}, suggest, learned, Sleepers("gramoji", {})).read()).models
    assert [(each.name, each.kind, each.version) for each in models if each.status == "candidate"] == [
        ("sticker", "generator", "sticker-rl-newer")
    ]


def test_a_tuned_version_starts_from_what_people_want(url: str) -> None:
    shipped = FlowTransformer.from_pretrained(SETTINGS.weights / "transformer")
    values_SM = torch.rand(WORTH.values_SM.shape, generator=torch.Generator().manual_seed(0))
    register(url, shipped, "sticker-rl-wanted", Worth(values_SM, REFERENCES.identity))
    plain, wanted = (
        paint(SETTINGS.model_copy(update={"tuned": tuned}))[1]
        for tuned in (None, f"{url}/generators/sticker/sticker-rl-wanted")
    )
    assert (wanted - plain).abs().mean() > 0.01


@pytest.mark.parametrize(
    ("transformer", "worth", "message"),
    [
        (FlowTransformer(latent_shape=(1, 2, 2), width=32, depth=1, heads=2), WORTH, "its latents"),
        (
            FlowTransformer.from_pretrained(SETTINGS.weights / "transformer"),
            Worth(WORTH.values_SM, "0123456789abcdef"),
            "its worth is of references 0123456789abcdef",
        ),
    ],
)
def test_a_version_of_another_shape_or_of_other_references_is_refused(
    url: str, transformer: FlowTransformer, worth: Worth, message: str
) -> None:
    register(url, transformer, "sticker-x", worth)
    with pytest.raises(ValueError, match=f"sticker-x: {message}"):
        paint(SETTINGS.model_copy(update={"tuned": f"{url}/generators/sticker/sticker-x"}))
