"""The edge with keys, in one process: the real routes over a real store, without Ray around them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from deployments.counting import Counting
from deployments.key_guard import KeyGuard, bearer
from deployments.known_keys import KnownKeys
from deployments.media import add_media_routes
from deployments.media_links import STEP_S, MediaLinks
from deployments.problems import add_problem_handlers
from deployments.quota import Quota
from deployments.receipts import Signer
from deployments.users import add_user_routes
from store.database import migrate
from store.impressions import ImpressionLog
from store.keys import KeyStore
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.people import PeopleStore
from store.registry import Registry
from tests.store.test_media_store import PICTURE, item
from tests.store.test_people import impression


def in_process(quota: Quota) -> Any:
    """The quota as the edge sees it through a handle."""

    def handle(method: Any) -> Any:
        return SimpleNamespace(remote=method)

    return SimpleNamespace(take=handle(quota.take), check=handle(quota.check))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[MediaStore]:
    url = f"sqlite+aiosqlite:///{tmp_path}/store.db"
    await migrate(url)
    opened = await MediaStore.open(url, str(tmp_path / "media"))
    await opened.blobs.write(PICTURE)
    yield opened
    await opened.close()


@pytest.fixture
def links(tmp_path: Path) -> MediaLinks:
    return MediaLinks(Signer(tmp_path / "key.pem", is_shared=False).secret_for("media links"))


@pytest.fixture
async def keys(store: MediaStore) -> AsyncIterator[KnownKeys]:
    known = await KnownKeys.follow(KeyStore(store.engine), Counting(in_process(Quota())))
    yield known
    known.following.cancel()


@pytest.fixture
async def client(
    store: MediaStore, links: MediaLinks, keys: KnownKeys, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    add_problem_handlers(app)
    add_media_routes(app, store, links)
    people = PeopleStore(store.engine, "test")
    registry, log = Registry(str(tmp_path / "registry")), LogDataset(str(tmp_path / "log"))
    add_user_routes(app, store, people, log, registry, Signer(tmp_path / "key.pem", is_shared=False))
    app.add_middleware(KeyGuard, keys=keys, counting=keys.counting)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://edge") as opened:
        yield opened


async def add_key(keys: KnownKeys, tenant: str, **limits: int) -> dict[str, str]:
    _, token = await keys.store.add(tenant, **limits)
    await keys.refresh()
    return {"Authorization": f"Bearer {token}"}


async def test_without_keys_everything_is_as_before(client: httpx.AsyncClient, store: MediaStore) -> None:
    await store.add([item("mine", owner_id="u-1"), item("cake")])
    assert (await client.get("/v1/media/mine")).headers["cache-control"].startswith("public")
    assert (await client.put("/v1/users/u-1", json={})).status_code == 200
    assert (await client.delete("/v1/media/cake")).status_code == 204


async def test_the_first_key_closes_the_service_and_revoking_it_does_not_open_it(
    client: httpx.AsyncClient, keys: KnownKeys
) -> None:
    assert (await client.get("/v1/users/u-1")).status_code == 404
    headers = await add_key(keys, "acme")
    assert (await client.get("/v1/users/u-1")).status_code == 401
    assert (await client.get("/v1/users/u-1", headers=headers)).status_code == 404
    (key,) = await keys.store.all()
    await keys.store.revoke(key.key_id)
    await keys.refresh()
    assert (await client.get("/v1/users/u-1")).status_code == 401
    assert (await client.get("/v1/users/u-1", headers=headers)).status_code == 401


async def test_a_replica_follows_the_store_by_itself(client: httpx.AsyncClient, keys: KnownKeys) -> None:
    await keys.store.add("acme")
    await asyncio.sleep(1.5)
    assert (await client.get("/v1/users/u-1")).status_code == 401


async def test_media_open_to_their_tenant_and_by_a_signed_link_until_it_expires(
    client: httpx.AsyncClient, keys: KnownKeys, store: MediaStore, links: MediaLinks
) -> None:
    await store.add([item("mine", owner_id="acme/u-1"), item("nobodys", owner_id="u-1"), item("cake")])
    acme, other = await add_key(keys, "acme"), await add_key(keys, "other")

    async def status(url: str, headers: dict[str, str] | None = None) -> int:
        return (await client.get(url, headers=headers)).status_code

    assert await status("/v1/media/cake") == await status("/v1/media/mine", acme) == 200
    assert await status("/v1/media/mine") == await status("/v1/media/gone") == 401
    assert await status("/v1/media/mine", other) == await status("/v1/media/nobodys", acme) == 404
    now_s = 1_800_000_000.0
    query = links.sign("mine", now_s)
    assert await status(f"/v1/media/mine?{query}") == 200
    assert await status(f"/v1/media/mine?{query}&rendition=preview") == 200
    assert await status(f"/v1/media/mine?{query}", other) == 200  # who has the link may look
    assert await status(f"/v1/media/nobodys?{query}") == 401
    assert await status(f"/v1/media/mine?{links.sign('mine', now_s - 10 * 365 * 86_400)}") == 401
    assert links.sign("mine", now_s) == links.sign("mine", now_s // STEP_S * STEP_S)
    assert (await client.delete("/v1/media/cake", headers=acme)).status_code == 403
    assert (await client.delete("/v1/media/mine", headers=other)).status_code == 404
    assert (await client.delete("/v1/media/mine", headers=acme)).status_code == 204


async def test_people_of_the_same_id_under_two_tenants_never_meet(
    client: httpx.AsyncClient, keys: KnownKeys, store: MediaStore
) -> None:
    acme, other = await add_key(keys, "acme"), await add_key(keys, "other")
    assert (await client.put("/v1/users/u-1", json={"locale": "de"}, headers=acme)).is_success
    assert (await client.get("/v1/users/u-1", headers=other)).status_code == 404
    shown = replace(impression("s-1", user_id="acme/u-1"), at_s=1.0)
    await ImpressionLog(store.engine, "test").add([shown])
    erased = (await client.delete("/v1/users/u-1", headers=other)).json()
    assert (erased["profiles"], erased["impressions"]) == (0, 0)
    erased = (await client.delete("/v1/users/u-1", headers=acme)).json()
    assert (erased["profiles"], erased["impressions"]) == (1, 1)


async def test_calls_beyond_the_limit_are_told_when_to_come_again(
    client: httpx.AsyncClient, keys: KnownKeys
) -> None:
    headers = await add_key(keys, "acme", per_day=2)
    answers = [await client.get("/v1/users/u-1", headers=headers) for _ in range(3)]
    assert [each.status_code for each in answers] == [404, 404, 429]
    assert [each.headers["ratelimit"].split(";")[1] for each in answers] == ["r=1", "r=0", "r=0"]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 86_400
    assert answers[-1].json()["title"] == "Too many calls"


async def test_where_nobody_counts_calls_go_on(client: httpx.AsyncClient, keys: KnownKeys) -> None:
    async def broken(*_: object) -> None:
        raise ConnectionError("the counting replica is gone")

    keys.counting.quota = SimpleNamespace(
        take=SimpleNamespace(remote=broken), check=SimpleNamespace(remote=broken)
    )
    headers = await add_key(keys, "acme", per_day=1)
    answers = [await client.get("/v1/users/u-1", headers=headers) for _ in range(3)]
    assert [each.status_code for each in answers] == [404] * 3


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("Bearer gmj_x", "gmj_x"),
        ("bearer  gmj_x ", "gmj_x"),
        ("Basic gmj_x", ""),
        ("gmj_x", ""),
    ],
)
def test_only_a_bearer_token_is_one(header: str | None, token: str | None) -> None:
    assert bearer(header) == token
