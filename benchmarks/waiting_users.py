"""Users who each wait for an answer before they ask again.

A connection and a thread each, of the standard library: httpx takes 1 ms of each call for itself.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any


def answer_times_s(
    port: int,
    path: str,
    body_of: Callable[[int, int], dict[str, Any]],
    users: int,
    seconds: float,
    failed_s: list[float] | None = None,
) -> list[float]:
    """How long each answer took; `body_of` the number of the call and of the user.

    Any answer but 200 is an error; with `failed_s` how long it took goes there instead.
    """
    until = time.perf_counter() + seconds

    def one(user: int) -> list[float]:
        connection, times = HTTPConnection("127.0.0.1", port, timeout=60), list[float]()
        while (asked := time.perf_counter()) < until:
            body = json.dumps(body_of(user + len(times), user))
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200 and failed_s is None:
                raise RuntimeError(f"{path}: {answer.status} {said[:500]!r}")
            (times if answer.status == 200 else failed_s).append(time.perf_counter() - asked)
        connection.close()
        return times

    with ThreadPoolExecutor(users) as threads:
        return [time_s for times in threads.map(one, range(users)) for time_s in times]
