"""Links to media that open without a key, for who gets one in a chat: signed, and good for one to two months."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from typing import TypeVar

from deployments.caller import TENANT
from deployments.messages import GenerateAnswer, GeneratedItem, Slate, SuggestedItem, UploadedItem

STEP_S = 30 * 86_400  # links of the same month are equal, so that browsers need not load media again
Item = TypeVar("Item", SuggestedItem, GeneratedItem, UploadedItem)
Answer = TypeVar("Answer", Slate, GenerateAnswer)


class MediaLinks:
    """Signs the links of items, where keys are wanted, and checks them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def in_answer(self, answer: Answer) -> Answer:
        """The answer with the links of its items signed."""
        if TENANT.get() is None:
            return answer
        return answer.model_copy(update={"items": tuple(self.in_item(item) for item in answer.items)})

    def in_item(self, item: Item) -> Item:
        """The item with its links signed."""
        if TENANT.get() is None:
            return item
        query = self.sign(item.item_id, time.time())
        return item.model_copy(
            update={"url": f"{item.url}?{query}", "preview_url": f"{item.preview_url}&{query}"}
        )

    def sign(self, item_id: str, now_s: float) -> str:
        """The part of a query by which an item opens."""
        expires = (int(now_s) // STEP_S + 2) * STEP_S
        return f"expires={expires}&signature={self._signature(item_id, expires)}"

    def opens(self, item_id: str, expires: int | None, signature: str | None, now_s: float) -> bool:
        """Whether a link with these opens the item still."""
        if expires is None or signature is None or expires <= now_s:
            return False
        return hmac.compare_digest(signature.encode(), self._signature(item_id, expires).encode())

    def _signature(self, item_id: str, expires: int) -> str:
        """128 bits of HMAC-SHA256 (RFC 2104), as 22 characters."""
        digest = hmac.digest(self._secret, f"{item_id}\n{expires}".encode(), hashlib.sha256)
        return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
