from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import migrate
from store.media import MediaStore
from tests.store.test_media_store import PICTURE


@pytest.fixture
async def store(database_url: str, tmp_path: Path) -> AsyncIterator[MediaStore]:
    """A real store on each database, empty but for the bytes of one picture."""
    await migrate(database_url)
    opened = await MediaStore.open(database_url, str(tmp_path / "media"))
    await opened.blobs.write(PICTURE)
    yield opened
    await opened.close()
