"""The index in two shards, each a deployment of a real Ray Serve, beside one index of everything."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import ray
from ray import serve

from catalog.items import Term
from deployments.app import _bind, _shards
from deployments.index import Index
from deployments.index_settings import ShardSettings
from deployments.lookup import Found, Lookup
from deployments.part import Part
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.shard import Shard
from models.text import TextEncoder
from store.database import migrate
from store.media import MediaStore
from tests.conftest import local_ray
from tests.store.test_media_store import PICTURE, item

WITHIN_S = 60
WORDS = [
    "birthday",
    "birth",
    "cake",
    "cat",
    "catfish",
    "good luck",
    "good night",
    "love",
    "tea",
    "night sky",
]
ITEMS = [
    item(f"item-{n}", alt_text=word, terms=(Term(word, "en", "upload"),), emoji=None, owner_id=owner)
    for n, (word, owner) in enumerate([*((word, None) for word in WORDS), ("cake", "ann"), ("pie", "bob")])
]
Ask = Callable[[str], Awaitable[Found]]


def lookup(n_gram: str) -> Lookup:
    return Lookup(n_gram, "ann", ("sticker",), "en", "pg", 8)


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[AppSettings, MediaStore]]:
    settings = AppSettings.load(DEFAULT_CONFIG, tmp_path_factory.mktemp("shards"))
    shard = ShardSettings(num_shards=2, num_cpus=0.1, max_ongoing_requests=8, max_queued_requests=16)
    index = settings.index.model_copy(update={"num_cpus": 0.1, "shard_timeout_ms": 2000})
    await migrate(settings.store.database_url)
    opened = await MediaStore.open(settings.store.database_url, settings.store.blob_url)
    await opened.blobs.write(PICTURE)
    await opened.add(ITEMS)
    yield settings.model_copy(update={"shard": shard, "index": index}), opened
    await opened.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Ended with this module, for others need one of their own."""
    with local_ray():
        yield


@pytest.fixture(scope="module")
async def ask(cluster: None, store: tuple[AppSettings, MediaStore]) -> AsyncIterator[Ask]:
    """Looks up in the shards, until all answer."""
    settings, _ = store
    application = _bind(Index, settings.index, settings.store, _shards(settings))
    handle = await asyncio.to_thread(serve.run, application, name="shards", route_prefix=None)

    async def asked(n_gram: str) -> Found:
        found: Found = await handle.search.remote(lookup(n_gram))
        return found

    yield asked
    await asyncio.to_thread(serve.shutdown)


async def until(ask: Ask, n_gram: str, is_right: Callable[[Found], bool]) -> Found:
    deadline = time.monotonic() + WITHIN_S
    while not is_right(found := await ask(n_gram)):
        assert time.monotonic() < deadline, (found.degraded, ids(found))
        await asyncio.sleep(0.1)
    return found


def is_whole(found: Found) -> bool:
    return not found.degraded


def ids(found: Found) -> list[str]:
    return [match.item.item_id for match in found.matches]


def test_a_part_has_the_same_items_for_ever_and_every_item_is_in_one() -> None:
    parts = [Part(number, 4) for number in range(4)]
    assert [[part.has(f"item-{n}") for part in parts].index(True) for n in range(8)] == [
        3, 1, 3, 1, 2, 0, 2, 0,
    ]  # fmt: skip
    assert all(sum(part.has(each.item_id) for part in parts) == 1 for each in ITEMS)


async def test_two_shards_answer_what_one_index_does(
    ask: Ask, store: tuple[AppSettings, MediaStore], encoder: TextEncoder
) -> None:
    settings, _ = store
    whole = await Shard.open(settings.store, encoder, Part())
    for n_gram in ("cake", "birthd", "brithday", "a good cat", "something sweet", ""):
        found = await until(ask, n_gram, is_whole)
        hits = whole.search(lookup(n_gram), encoder.encode([n_gram])[0])
        assert ids(found) == [hit.match.item_id for hit in hits]
        assert [match.index_match for match in found.matches] == pytest.approx(
            [hit.match.index_match for hit in hits], abs=1e-5
        )
    await whole.store.close()


async def test_what_is_added_is_found_and_what_is_removed_is_gone(
    ask: Ask, store: tuple[AppSettings, MediaStore]
) -> None:
    _, media = store
    await media.add([item("late", alt_text="walrus", terms=(Term("walrus", "en", "upload"),), emoji=None)])
    await until(ask, "walrus", lambda found: "late" in ids(found))
    await media.remove("late")
    await until(ask, "walrus", lambda found: "late" not in ids(found) and is_whole(found))


async def test_a_killed_shard_is_named_and_the_other_one_still_answers(ask: Ask) -> None:
    await until(ask, "cake", is_whole)
    (name,) = (name for name in ray.util.list_named_actors(True) if "IndexShard1" in name["name"])
    ray.kill(ray.get_actor(name["name"], name["namespace"]))
    found = await until(ask, "cake", lambda found: not is_whole(found))
    assert [why.partition(":")[0] for why in found.degraded] == ["index shard 1"]
    assert ids(found)
    assert all(Part(0, 2).has(item_id) for item_id in ids(found))
    assert not all(Part(0, 2).has(item_id) for item_id in ids(await until(ask, "cake", is_whole)))
