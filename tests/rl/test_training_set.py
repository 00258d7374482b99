from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.reader import read_items
from models.training.stickers import load_styles
from rl.build_training_set import ABOUT, build, choose, reason_to_wait
from rl.learn_settings import LearnSettings
from store.database import migrate
from store.erasure import erase
from store.media import MediaStore
from store.people import PeopleStore
from store.person import Profile
from store.registry import Registry, person_number
from tests.ranking import strategies as s
from tests.rl.sticker_world import COUNT, fill, log_rows

RANKING = replace(s.SHIPPED, temperature=0.1)
LEARNING = LearnSettings.load(Path("configs/rl/learn.yaml"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[MediaStore]:
    url = f"sqlite+aiosqlite:///{tmp_path}/store.db"
    await migrate(url)
    opened = await MediaStore.open(url, f"{tmp_path}/blobs")
    yield opened
    await opened.close()


async def allow(store: MediaStore, *numbers: int) -> None:
    people = PeopleStore(store.engine, "test")
    for number in numbers:
        await people.put_profile(f"u-{number}", Profile(allow_training=True))


async def test_only_what_may_train_is_chosen(store: MediaStore) -> None:
    warm = await fill(store)
    rows = log_rows(warm, RANKING, 400)
    selected = {deed["item_id"] for row in rows for deed in row["feedback"]}
    await allow(store, *range(0, COUNT, 2))
    (upload,) = (await store.get(["c-00"])).values()
    for name, allowed in (("yes", True), ("no", False)):
        await store.add(
            [replace(upload, item_id=name, origin="upload", owner_id="u-1", allow_training=allowed)]
        )
    await store.add([replace(upload, item_id="unsafe", rating="r")])
    chosen = {item.item_id for item in await choose(rows, store)}
    allowed = {f"g-{number:02}" for number in range(0, COUNT, 2)}
    assert {each for each in chosen if each[0] == "g"} == selected & allowed != allowed
    assert {each for each in chosen if each[0] == "c"} == {f"c-{number:02}" for number in range(COUNT)}
    assert "yes" in chosen
    assert not {"no", "unsafe"} & chosen


async def test_erased_and_deleted_media_are_absent(store: MediaStore, tmp_path: Path) -> None:
    rows = log_rows(await fill(store), RANKING, 400)
    await allow(store, *range(COUNT))
    before = {item.item_id: item.owner_id for item in await choose(rows, store) if item.owner_id}
    erased, deleted = list(before)[:2]
    await erase(store, str(before[erased]), "test")
    await store.remove(deleted)
    about = await build(rows, (str(store.engine.url), f"{tmp_path}/blobs"), tmp_path / "set")
    ids = {item.item_id for item in read_items(tmp_path / "set" / "3d", ("sticker",))}
    assert before.keys() - ids == {erased, deleted}
    assert person_number(str(before[erased])) not in about["people"]


async def test_the_set_stands_in_for_the_catalogue_in_training(store: MediaStore, tmp_path: Path) -> None:
    rows = log_rows(await fill(store), RANKING, 200)
    await allow(store, *range(COUNT))
    (made,) = (await store.get(["g-00"])).values()
    flat = replace(made, item_id="flat", prompt={"text": "x", "style": "flat"}, alt_text="a flat one")
    await store.add([flat])
    rows[0]["feedback"].append({"item_id": "flat", "action": "share", "at": rows[0]["at"]})
    urls = (str(store.engine.url), f"{tmp_path}/blobs")
    about = await build(rows, urls, tmp_path / "set")
    again = await build(rows, urls, tmp_path / "set")
    assert about["sha256"] == again["sha256"]
    stickers = load_styles(None, 32, tmp_path / "set")
    assert len(stickers.ids) == sum(about["items"].values()) > COUNT
    assert stickers.styles_N.tolist().count(1) == 1
    assert stickers.labels[-1] == "a flat one"


async def test_without_drift_the_set_that_is_there_stays(store: MediaStore, tmp_path: Path) -> None:
    rows = log_rows(await fill(store), RANKING, 200)
    out, registry = tmp_path / "set", Registry(str(tmp_path / "registry"))
    assert reason_to_wait(rows, registry, LEARNING, out) is None
    await build(rows, (str(store.engine.url), f"{tmp_path}/blobs"), out)
    assert (out / ABOUT).exists()
    assert "no drift" in str(reason_to_wait(rows, registry, LEARNING, out))
    moved = [row | {"n_gram": f"quarterly report {i % 3}"} for i, row in enumerate(rows[100:])]
    assert reason_to_wait(rows[:100] + moved, registry, LEARNING, out) is None
