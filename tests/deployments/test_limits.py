"""Limits of keys on a real server with two replicas of its edge."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from deployments.quota import Quota, to_headers
from store.keys import Key
from tests.keyed import KeyedServer


def key(per_minute: int | None = None, per_day: int | None = None) -> Key:
    return Key(f"k-{per_minute}-{per_day}", "", "acme", "", per_minute, per_day, 0.0)


async def test_a_call_beyond_any_limit_is_refused_and_counts_for_none() -> None:
    quota = Quota()
    usages = [await quota.take(key(per_minute=100, per_day=3)) for _ in range(10)]
    assert [usage.allowed for usage in usages] == [True] * 3 + [False] * 7
    minute, day = usages[-1].windows
    assert (minute.remaining, day.remaining) == (97, 0)
    assert 1 <= usages[-1].retry_after_s <= 86_400
    assert usages[-1].retry_after_s == day.reset_s


async def test_keys_are_counted_apart() -> None:
    quota = Quota()
    for of in (key(per_day=1), key(per_minute=1)):
        assert [(await quota.take(of)).allowed for _ in range(2)] == [True, False]


async def test_headers_are_those_of_the_draft() -> None:
    headers = to_headers(await Quota().take(key(per_minute=60, per_day=1000)))
    assert headers["RateLimit-Policy"] == '"minute";q=60;w=60, "day";q=1000;w=86400'
    assert re.fullmatch(r'"minute";r=59;t=\d+, "day";r=999;t=\d+', headers["RateLimit"])


@pytest.mark.slow
def test_a_quota_holds_over_all_replicas(keyed: KeyedServer) -> None:
    warm, counted = keyed.add_key("acme", "--per-minute", "1000"), keyed.add_key("acme", "--per-day", "30")
    with keyed.client(warm) as client:
        deadline = time.monotonic() + 60  # the one that counts starts with the first limited key
        while "ratelimit" not in client.get("/v1/receipt-key").headers:
            assert time.monotonic() < deadline
            time.sleep(1)
    with keyed.client(counted) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get("/v1/receipt-key"), range(60)))
        assert Counter(answer.status_code for answer in answers) == {200: 30, 429: 30}
        for answer in answers:
            assert answer.headers["ratelimit-policy"] == '"day";q=30;w=86400'
            assert answer.headers["ratelimit"].startswith('"day";r=')
        refused = client.get("/v1/models")
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 86_400
        assert "ratelimit" not in client.get("/").headers


@pytest.mark.slow
def test_a_key_without_limits_is_not_counted(keyed: KeyedServer) -> None:
    with keyed.client(keyed.add_key("acme")) as client:
        answers = [client.get("/v1/receipt-key") for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("ratelimit" in answer.headers for answer in answers)
