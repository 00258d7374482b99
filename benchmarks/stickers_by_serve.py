"""The sticker model behind bare Ray Serve: an ingress and a leaf that batches. The yardstick of `rivals_serving`.

    python -m benchmarks.stickers_by_serve PORT REPLICAS

With Ray's settings and HAProxy, as Gramoji has them, and nothing else of it.
"""

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from deployments.ray_environment import ray_environment

os.environ.update(ray_environment())

import ray
import torch
from fastapi import FastAPI, Response
from ray import serve
from ray.serve.handle import DeploymentHandle

from benchmarks.sticker_work import MAX_BATCH_SIZE, Asked, StickerWork

app = FastAPI()


@serve.deployment(
    max_ongoing_requests=100,
    ray_actor_options={"num_cpus": 0.5, "runtime_env": {"env_vars": {"OMP_NUM_THREADS": "1"}}},
)
class Leaf:
    """The model."""

    def __init__(self) -> None:
        self.work = StickerWork()
        self.thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))

    # It waits 10 ms for company; without that each call is a batch of its own.
    @serve.batch(max_batch_size=MAX_BATCH_SIZE)
    async def make(self, asked: list[Asked]) -> list[bytes]:
        """A sticker for each; in a thread, for the replica's loop takes the next calls meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, self.work.make, asked)


@serve.deployment(max_ongoing_requests=100, ray_actor_options={"num_cpus": 0})
@serve.ingress(app)
class Ingress:
    """The HTTP."""

    def __init__(self, leaf: DeploymentHandle) -> None:
        self.leaf = leaf

    @app.post("/sticker")
    async def sticker(self, asked: Asked) -> Response:
        """A sticker for some words."""
        return Response(await self.leaf.make.remote(asked), media_type="image/webp")

    @app.get("/readyz")
    async def readyz(self) -> str:
        """The process lives, and `serve.run` waited for the leaf."""
        return "ok"


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    leaf = Leaf.options(num_replicas=int(sys.argv[2])).bind()
    serve.run(Ingress.bind(leaf), name="stickers")
    threading.Event().wait()
