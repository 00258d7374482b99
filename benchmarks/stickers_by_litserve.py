"""The sticker model behind LitServe, as its documents tell: one API process, and workers that batch.

.venv-rivals/bin/python -m benchmarks.stickers_by_litserve PORT WORKERS
"""

import sys
from typing import Any

import litserve
from fastapi import Response

from benchmarks.sticker_work import MAX_BATCH_SIZE, Asked, StickerWork


class Stickers(litserve.LitAPI):
    """The model."""

    def setup(self, device: str) -> None:  # noqa: ARG002
        """Load it, in the worker."""
        self.work = StickerWork()

    def decode_request(self, request: dict[str, Any], **_: Any) -> Asked:
        """The body."""
        return Asked(**request)

    def batch(self, inputs: list[Asked]) -> list[Asked]:
        """As they are."""
        return inputs

    def predict(self, x: list[Asked], **_: Any) -> list[bytes]:
        """A sticker for each."""
        return self.work.make(x)

    def unbatch(self, output: list[bytes]) -> list[bytes]:
        """As they are."""
        return output

    def encode_response(self, output: bytes, **_: Any) -> Response:
        """The bytes."""
        return Response(output, media_type="image/webp")


if __name__ == "__main__":
    api = Stickers(max_batch_size=MAX_BATCH_SIZE, batch_timeout=0.001, api_path="/sticker")
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device=int(sys.argv[2]), healthcheck_path="/readyz"
    )
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
    )
