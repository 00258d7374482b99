"""Bearer keys: who may call, for which tenant and how often.

A token is 256 random bits, so plain SHA-256 is the right hash to keep of it: nobody can try all tokens, or likely ones, as
they would with passwords, and a slow hash would only make every call slow. The look-up is by that hash, whose bytes a
caller cannot choose, so its time tells nothing about tokens that are there.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from ulid import ULID

from store.tables import keys
from store.tenants import check_tenant

PREFIX = "gmj_"  # by which scanners for secrets find one that leaked: gmj_[A-Za-z0-9_-]{43}


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key, which is all but the token. Times in seconds since 1970; a limit of None is none."""

    key_id: str
    token_sha256: str
    tenant: str
    label: str
    per_minute: int | None
    per_day: int | None
    created_at: float
    revoked_at: float | None = None

    def __post_init__(self) -> None:
        check_tenant(self.tenant)
        for name in ("per_minute", "per_day"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                raise ValueError(f"{name} is {limit}; allowed is 1 and above, or none at all")

    @property
    def is_limited(self) -> bool:
        """Whether its calls need be counted."""
        return self.per_minute is not None or self.per_day is not None


class KeyStore:
    """The keys of a store. They are revoked, never removed: a store that had keys never opens again by itself."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    async def add(
        self, tenant: str, label: str = "", per_minute: int | None = None, per_day: int | None = None
    ) -> tuple[Key, str]:
        """A new key and its token, which nobody can read again."""
        token = f"{PREFIX}{secrets.token_urlsafe(32)}"
        key = Key(str(ULID()), hash_token(token), tenant, label, per_minute, per_day, time.time())
        values = {name: getattr(key, name) for name in Key.__slots__}
        async with self.engine.begin() as connection:
            await connection.execute(insert(keys).values(**values))
        return key, token

    async def revoke(self, key_id: str) -> None:
        """Let a key open nothing from now on; ValueError if there is none that does."""
        statement = update(keys).where(keys.c.key_id == key_id, keys.c.revoked_at.is_(None))
        async with self.engine.begin() as connection:
            revoked = await connection.execute(statement.values(revoked_at=time.time()))
        if not revoked.rowcount:
            raise ValueError(f"key {key_id!r}: there is none, or it is revoked already")

    async def all(self) -> list[Key]:
        """Every key, also the revoked, the oldest first."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(keys).order_by(keys.c.key_id))
            return [Key(**row) for row in rows.mappings()]

    async def are_wanted(self) -> bool:
        """Whether calls need a key: whether there ever was one."""
        async with self.engine.connect() as connection:
            return bool(await connection.scalar(select(exists(select(keys.c.key_id)))))


def hash_token(token: str) -> str:
    """The SHA-256 of a token, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
