"""Pictures that look alike, found by perceptual hashes (pHash, Zauner 2010)."""

import io

import imagehash
from PIL import Image
from sqlalchemy import or_, select

from store.media import MediaStore
from store.tables import media_items
from store.tenants import tenant_of

MAX_DISTANCE = 6  # of 64 bits


def picture_hash(data: bytes) -> str:
    """The hash of an encoded picture, on white ground, as 16 hex digits."""
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    return str(imagehash.phash(Image.alpha_composite(ground, picture)))


def distance(first: str, second: str) -> int:
    """The number of bits, of 64, in which two hashes differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


async def find_lookalikes(store: MediaStore, wanted: str, user_id: str) -> list[str]:
    """Ids of a person's own items and of those shared in their tenant that look like it, the most alike first."""
    visible = or_(media_items.c.owner_id == user_id, media_items.c.shared)
    query = select(media_items.c.item_id, media_items.c.owner_id, media_items.c.picture_hash)
    query = query.where(media_items.c.picture_hash.is_not(None), visible)
    async with store.engine.connect() as connection:
        near = [
            (distance(wanted, row.picture_hash), row.item_id)
            for row in await connection.execute(query)
            if tenant_of(row.owner_id) == tenant_of(user_id)
        ]
    return [item_id for bits, item_id in sorted(near) if bits <= MAX_DISTANCE]
