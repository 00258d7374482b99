"""The intake of what people upload: decode it apart, judge it, keep it; the index finds it in the store."""

import asyncio
import hashlib
import io
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from ulid import ULID

from catalog.items import Rating, Term
from deployments.settings import IntakeSettings, StoreSettings
from deployments.upload_messages import Accepted, Refused, Upload
from models.relevance import PictureEncoder
from models.safety import SafetyClassifier
from store.lookalikes import find_lookalikes, picture_hash
from store.media import MediaStore, OwnerErasedError
from store.media_item import MediaItem
from store.uploads.sandbox import decode
from store.uploads.upload import DecodedUpload, UnusableUploadError

logger = logging.getLogger("ray.serve.gramoji.intake")
SUGGESTED_TAGS, SUGGESTED_FROM = 5, 12


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """What was seen on a picture; nothing for sound."""

    rating: Rating = "pg"
    embedding: NDArray[np.float32] | None = None
    picture_hash: str | None = None
    suggested_tags: tuple[str, ...] = ()


class Intake:
    """Takes uploads, a few at a time."""

    async def __init__(self, settings: IntakeSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        torch.set_num_threads(settings.threads)
        self.settings = settings
        self.encoder = PictureEncoder.from_pretrained(settings.relevance_weights).eval()
        self.safety = SafetyClassifier(settings.threads)
        self.store = await MediaStore.open(store.database_url, store.blob_url)
        items = [item for item in (await self.store.all_items())[0] if item.origin == "catalog"]
        self.known = [item for item in items if item.embedding is not None]
        self.vectors_NT = np.stack([item.embedding for item in self.known if item.embedding is not None])
        self.decoding = ThreadPoolExecutor(settings.max_processes, "decode")

    async def take(self, upload: Upload) -> Accepted | Refused:
        """Keep an upload, whole or not at all."""
        digest = hashlib.sha256(upload.data).hexdigest()
        provenance = f"upload sha256:{digest}"
        for item in await self.store.owned_by(upload.user_id):
            if item.provenance == provenance:
                return Accepted(item, (), (), fresh=False)
        try:
            run = asyncio.get_running_loop().run_in_executor
            decoded = await run(self.decoding, decode, upload.data, self.settings.limits)
            judged = await asyncio.to_thread(self._judge, decoded)
            if upload.shared and judged.rating != "pg":
                return Refused("unsafe", "it may not be shown to everyone; send it without `shared`")
            lookalikes = await self._lookalikes(judged, upload.user_id)
            item = await self._keep(upload, decoded, judged, provenance)
        except UnusableUploadError as error:
            return Refused("unusable", str(error))
        except OwnerErasedError as error:
            return Refused("unusable", f"it was not kept: {error}")
        except OSError as error:
            logger.error("an upload was not kept: %s", error)
            return Refused("full", "the store could not keep it; nothing was kept")
        return Accepted(item, judged.suggested_tags, lookalikes)

    async def check(self) -> str:
        """Answer when uploads can be taken."""
        return f"{len(self.known)} known pictures"

    def _judge(self, decoded: DecodedUpload) -> _Judged:
        if decoded.media_type == "audio":
            return _Judged()
        shown = decoded.preview or decoded.data
        with Image.open(io.BytesIO(shown)) as opened:
            picture = opened.convert("RGBA")
        embedding = self._embed(picture)
        return _Judged(self.safety.rate(picture), embedding, picture_hash(shown), self._tags(embedding))

    @torch.inference_mode()
    def _embed(self, picture: Image.Image) -> NDArray[np.float32]:
        """The unit vector (384,) of a picture, padded to a square."""
        side = max(picture.size)
        square = Image.new("RGBA", (side, side))
        square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
        pixels = np.asarray(square.resize((128, 128)).convert("RGBa"), dtype=np.float32)
        values = torch.from_numpy(pixels.transpose(2, 0, 1) / 127.5 - 1)
        vector: NDArray[np.float32] = self.encoder(values[None])[0].numpy()
        return vector

    def _tags(self, embedding: NDArray[np.float32]) -> tuple[str, ...]:
        """What the most similar catalogue items are tagged with most often."""
        nearest = np.argsort(-(self.vectors_NT @ embedding))[:SUGGESTED_FROM]
        counts = Counter(
            text
            for row in nearest
            for text in {term.text for term in self.known[row].terms if term.locale == "en"}
        )
        return tuple(text for text, _ in counts.most_common(SUGGESTED_TAGS))

    async def _lookalikes(self, judged: _Judged, user_id: str) -> tuple[str, ...]:
        if judged.picture_hash is None:
            return ()
        return tuple(await find_lookalikes(self.store, judged.picture_hash, user_id))

    async def _keep(
        self, upload: Upload, decoded: DecodedUpload, judged: _Judged, provenance: str
    ) -> MediaItem:
        """Bytes first, then the row."""
        tags = upload.tags or judged.suggested_tags
        preview = None if decoded.preview is None else await self.store.blobs.write(decoded.preview)
        item = MediaItem(
            item_id=str(ULID()),
            media_type=decoded.media_type,
            mime_type=decoded.mime_type,
            width=decoded.width,
            height=decoded.height,
            duration_ms=decoded.duration_ms,
            alt_text=upload.alt_text or (tags[0] if tags else decoded.media_type),
            emoji=None,
            terms=tuple(Term(tag, "en", "upload") for tag in tags),
            rating=judged.rating,
            licence="LicenseRef-uploaded",
            attribution="",
            origin="upload",
            owner_id=upload.user_id,
            model_version=None,
            prompt=None,
            provenance=provenance,
            sha256=await self.store.blobs.write(decoded.data),
            preview_sha256=preview,
            preview_mime_type=None if preview is None else "image/webp",
            embedding=judged.embedding,
            created_at=upload.sent_at_s,
            shared=upload.shared,
            allow_training=upload.allow_training,
            picture_hash=judged.picture_hash,
        )
        await self.store.add([item])
        return item
