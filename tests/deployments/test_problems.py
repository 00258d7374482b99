"""A database that is away is said to be away: a client that tries again loses nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import ray
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deployments.problems import add_problem_handlers
from tests.conftest import local_ray

CLOSED = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
NO_SOCKET = "postgresql+asyncpg://nobody@/nothing?host=/no/such/folder"
HANG_UP = "SELECT pg_terminate_backend(pg_backend_pid())"
NONSENSE = {
    "nothing where something must be": (
        "CREATE TEMPORARY TABLE kept (name TEXT NOT NULL)",
        "INSERT INTO kept VALUES (NULL)",
    ),
    "no such table": ("SELECT name FROM nowhere",),
    "no sentence": ("SELECT FROM WHERE",),
    "no such number": ("SELECT 1 / 0, CAST('x' AS INTEGER), json('{')",),
}


async def ask(url: str, *queries: str) -> None:
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            for query in queries:
                await connection.execute(text(query))
    finally:
        await engine.dispose()


@ray.remote
def ask_elsewhere(url: str, *queries: str) -> None:
    asyncio.run(ask(url, *queries))


async def answer(call: Callable[[], Awaitable[None]]) -> httpx.Response:
    app = FastAPI()
    add_problem_handlers(app)
    app.get("/")(call)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/")


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Not the one of all tests: those of audiocraft, which come later, need to start one of their own."""
    with local_ray():
        yield


@pytest.fixture(params=["closed", "no socket", "hangs up"])
def gone(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A database that nobody can reach, and one that goes in the middle of it."""
    if request.param != "hangs up":
        return CLOSED if request.param == "closed" else NO_SOCKET, "SELECT 1"
    uri: str = request.getfixturevalue("postgresql").get_uri()
    return uri.replace("postgresql://", "postgresql+asyncpg://"), HANG_UP


@pytest.mark.parametrize("through_ray", [False, True])
def test_a_database_that_is_away_is_503_and_when_to_try_again(
    gone: tuple[str, str], through_ray: bool, cluster: None
) -> None:
    async def call() -> None:
        await (ask_elsewhere.remote(*gone) if through_ray else ask(*gone))

    answered = asyncio.run(answer(call))
    assert answered.status_code == 503
    assert answered.headers["Retry-After"] == "1"
    assert answered.json()["detail"] == "the store does not answer; try again shortly"


@pytest.mark.parametrize("queries", NONSENSE.values(), ids=NONSENSE)
def test_a_query_that_makes_no_sense_is_our_fault(database_url: str, queries: tuple[str, ...]) -> None:
    async def call() -> None:
        await ask(database_url.replace("/new/", "/"), *queries)

    assert asyncio.run(answer(call)).status_code == 500


def test_a_file_that_is_missing_is_our_fault_too(tmp_path: Path) -> None:
    async def call() -> None:
        (tmp_path / "nothing").read_bytes()

    assert asyncio.run(answer(call)).status_code == 500
