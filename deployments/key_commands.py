"""`gramoji keys add`, `list`, `revoke`: who may call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from deployments.settings import DEFAULT_CONFIG, AppSettings, StoreSettings
from store.database import connect, migrate
from store.keys import Key, KeyStore

Config = Annotated[Path, typer.Option(help="Configuration file.")]
keys_app = typer.Typer(help="Bearer keys: who may call, as which tenant, how often.", no_args_is_help=True)


@keys_app.command("add")
def add(
    tenant: Annotated[str, typer.Argument(help="Whose it is; people and media of tenants never mix.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    per_minute: Annotated[int | None, typer.Option(min=1, help="Calls a minute; else any.")] = None,
    per_day: Annotated[int | None, typer.Option(min=1, help="Calls a day; else any.")] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Make a key and print its token, which is shown this once; running servers take it within seconds."""

    async def make() -> tuple[Key, str]:
        async with opened(AppSettings.load(config).store) as store:
            return await store.add(tenant, label, per_minute, per_day)

    key, token = asyncio.run(make())
    typer.secho(f"key {key.key_id} of {tenant}; keep its token, nobody can read it again:", err=True)
    typer.echo(token)


@keys_app.command("list")
def list_keys(config: Config = DEFAULT_CONFIG) -> None:
    """List all keys, the oldest first, without their tokens."""

    async def read() -> list[Key]:
        async with opened(AppSettings.load(config).store) as store:
            return await store.all()

    for key in asyncio.run(read()):
        limits = f"{key.per_minute or '∞'}/min {key.per_day or '∞'}/day"
        state = "live" if key.revoked_at is None else f"revoked {_day(key.revoked_at)}"
        typer.echo(f"{key.key_id}  {key.tenant}  {limits}  {_day(key.created_at)}  {state}  {key.label}")


@keys_app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="As `gramoji keys list` names it.")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Let a key open nothing from now on; running servers follow within seconds."""

    async def end() -> None:
        async with opened(AppSettings.load(config).store) as store:
            await store.revoke(key_id)

    asyncio.run(end())
    typer.echo(f"key {key_id} is revoked")


async def keys_are_wanted(settings: StoreSettings) -> bool:
    """Whether calls need a key."""
    async with opened(settings) as store:
        return await store.are_wanted()


@asynccontextmanager
async def opened(settings: StoreSettings) -> AsyncIterator[KeyStore]:
    """The keys of a store, whose tables are made, or brought to this version, as `serve` does."""
    await migrate(settings.database_url)
    engine = await connect(settings.database_url)
    try:
        yield KeyStore(engine)
    finally:
        await engine.dispose()


def _day(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"
