"""People who type, for Locust: against any server, from one machine or many.

    locust -f benchmarks/locustfile.py --host http://127.0.0.1:8000                       # then http://127.0.0.1:8089
    locust -f benchmarks/locustfile.py --host … --headless -u 20 -r 5 -t 1m               # without the page
    GRAMOJI_KEY=… locust -f benchmarks/locustfile.py --host https://…                      # where keys are wanted

Each person types phrases key by key (`benchmarks.keystrokes`) and asks as the chat page does: a streamed call once no key
came for 120 ms, dropped when the next key comes. After half of the messages they select an item, more often one that
stands in front. In the statistics *first slate* and *last slate* are of the calls after the last key of a message, which
nothing drops; *while typing* are first slates that came before the next key, *superseded* calls whose did not, with the
time they had.
"""

import json
import os
import random
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import gevent
from locust import FastHttpUser, constant, events, task

from benchmarks.keystrokes import PHRASES, READS_S, keystrokes

SUGGEST = "/v1/suggest"
DEBOUNCE_S = 0.12  # as web/suggester.js
SELECTS = 0.5  # of the messages
NUMBERS = count()  # of the people: they type the same in each run
MEDIA_TYPES = ("sticker", "image", "video", "audio")


@events.init_command_line_parser.add_listener
def add_options(parser: ArgumentParser) -> None:
    """What is asked for, on the command line and on Locust's page."""
    modes = ("auto", "always", "never")
    parser.add_argument("--generate", choices=modes, default="auto", help="When new media are made.")
    parser.add_argument(
        "--media-types", default=",".join(MEDIA_TYPES), help="What is asked for, with commas between."
    )
    parser.add_argument(
        "--deadline-ms", type=int, default=1500, help="How long a call may wait for new media."
    )


class Typist(FastHttpUser):
    """Somebody who chats."""

    wait_time = constant(READS_S)

    def on_start(self) -> None:
        """A person whom the server does not know yet."""
        self.user_id = f"load-{uuid4()}"
        self.draw = random.Random(f"{self.environment.runner.worker_index}-{next(NUMBERS)}")
        key = os.environ.get("GRAMOJI_KEY")
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    @task
    def write(self) -> None:
        """Type a message, look at what comes, and perhaps take something."""
        phrase, message, call = self.draw.choice(PHRASES), str(uuid4()), gevent.Greenlet()
        try:
            for typed, pause_s in keystrokes(phrase, self.draw):
                call.kill()  # closes its stream, so that the server stops what it makes for it
                call = gevent.spawn(self._ask, typed, message, "while typing" if pause_s else "first slate")
                gevent.sleep(pause_s)
            slate = call.get()
        finally:
            call.kill()
        if slate and slate["items"] and self.draw.random() < SELECTS:
            gevent.sleep(READS_S)
            self._select(slate)

    def _ask(self, typed: str, message: str, what: str) -> dict[str, Any] | None:
        """The last slate for what is typed; None if there is none."""
        gevent.sleep(DEBOUNCE_S)
        asked, slate = time.perf_counter(), b""
        try:
            for slate in self._slates(typed, message, what, asked):  # noqa: B007
                pass
        except gevent.GreenletExit:
            if not slate:
                self._count("superseded", asked)
            raise
        if not slate:
            return None
        if what == "first slate":
            self._count("last slate", asked)
        last: dict[str, Any] = json.loads(slate)
        return last

    def _slates(self, typed: str, message: str, what: str, asked: float) -> Iterator[bytes]:
        """The slates of a streamed call as JSON; the first, or a failure, is counted by Locust itself."""
        told = self.environment.parsed_options
        body = {
            "n_gram_string": typed, "user_id": self.user_id, "media_types": told.media_types.split(","),
            "generate": told.generate, "deadline_ms": told.deadline_ms,
        }  # fmt: skip
        headers = self.headers | {"Accept": "text/event-stream", "X-Composition-Id": message}
        with self.client.post(
            SUGGEST,
            name=f"{SUGGEST}, {what}",
            json=body,
            headers=headers,
            stream=True,
            catch_response=True,
        ) as response:
            if response.status_code != 200:
                return
            came = False
            for line in iter(lambda: response.stream.readline(b"\n"), b""):
                if line.startswith(b'data: {"'):  # `done` has no fields
                    if not came:
                        response.request_meta["response_time"] = _ms_since(asked)
                        response.success()
                    came = True
                    yield line.removeprefix(b"data: ")

    def _select(self, slate: dict[str, Any]) -> None:
        """Tell that an item was selected; the one at position k is k + 1 times less likely than the first."""
        items = slate["items"]
        chosen = self.draw.choices(items, [1 / (1 + item["position"]) for item in items])[0]
        event = {
            "event_id": str(uuid4()), "suggestion_id": slate["suggestion_id"], "item_id": chosen["item_id"],
            "action": "select", "at": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        self.client.post("/v1/feedback", json=event, headers=self.headers)

    def _count(self, what: str, asked: float) -> None:
        """A call in the statistics, with the time since it was made."""
        self.environment.events.request.fire(
            request_type="POST", name=f"{SUGGEST}, {what}", response_time=_ms_since(asked),
            response_length=0, exception=None, context={},
        )  # fmt: skip


def _ms_since(moment: float) -> float:
    return 1000 * (time.perf_counter() - moment)
