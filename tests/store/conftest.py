from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import migrate
from store.media import MediaStore


@pytest.fixture
async def store(database_url: str, tmp_path: Path) -> AsyncIterator[MediaStore]:
    """A real, empty store on each database."""
    await migrate(database_url)
    opened = await MediaStore.open(database_url, str(tmp_path / "media"))
    yield opened
    await opened.close()
