"""Feedback and what it changes, over real HTTP to the real server."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.deployments.test_suggest import suggest

pytestmark = pytest.mark.slow


def show(
    client: httpx.Client, user_id: str, n_gram: str = "happy birthday", **changes: Any
) -> dict[str, Any]:
    return suggest(client, n_gram, user_id=user_id, limit=20, **changes)


def event(slate: dict[str, Any], item_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": str(uuid4()),
        "suggestion_id": slate["suggestion_id"],
        "item_id": item_id,
        "action": "select",
        "at": datetime.now(UTC).isoformat(),
    } | changes


def test_feedback_right_after_the_answer_is_recorded_and_only_once(client: httpx.Client) -> None:
    slate = show(client, "selects")
    body = event(slate, slate["items"][0]["item_id"])
    answers = [client.post("/v1/feedback", json=body).json() for _ in range(3)]
    assert answers == [{"recorded": True}, {"recorded": False}, {"recorded": False}]


def test_the_same_event_from_many_connections_is_recorded_once(client: httpx.Client) -> None:
    slate = show(client, "double-clicks")
    body = event(slate, slate["items"][0]["item_id"])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post("/v1/feedback", json=body).json(), range(8)))
    assert sorted(answer["recorded"] for answer in answers) == [False] * 7 + [True]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"suggestion_id": "01J0000000000000000000000"}, 404, "no such suggestion"),
        ({"item_id": "nothing"}, 404, "not an item of suggestion"),
        ({"action": "love"}, 422, "action"),
        ({"event_id": "one"}, 422, "event_id"),
        ({"at": "yesterday"}, 422, "at"),
        ({"at": "2026-01-01T00:00:00"}, 422, "at"),
        ({"at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, 422, "in the future"),
        ({"at": (datetime.now(UTC) - timedelta(days=2)).isoformat()}, 422, "before the item was shown"),
        ({"more": 1}, 422, "more"),
    ],
)
def test_feedback_that_cannot_be_is_a_problem(
    client: httpx.Client, change: dict[str, Any], status: int, said: str
) -> None:
    slate = show(client, "mistakes")
    answer = client.post("/v1/feedback", json=event(slate, slate["items"][0]["item_id"]) | change)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    if status == 422:
        assert [error["field"] for error in answer.json()["errors"]] == list(change)


def test_a_batch_is_recorded_with_an_outcome_for_each_event(client: httpx.Client) -> None:
    slate = show(client, "batches")
    first, second = (event(slate, slate["items"][place]["item_id"]) for place in (0, 1))
    past = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    future = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    wrong = [
        event(slate, "nothing"),
        event(slate, first["item_id"], suggestion_id="none"),
        event(slate, first["item_id"], at=past),
        event(slate, first["item_id"], at=future),
    ]
    answer = client.post("/v1/feedback/batch", json={"events": [first, second, first, *wrong]})
    assert answer.json()["outcomes"] == [
        "recorded",
        "recorded",
        "repeated",
        "unknown item",
        "unknown suggestion",
        "before it was shown",
        "in the future",
    ]
    assert client.post("/v1/feedback", json=second).json() == {"recorded": False}


@pytest.mark.parametrize("events", [[], [{}] * 257, [{"event_id": "one"}]], ids=["none", "too many", "bad"])
def test_a_batch_that_does_not_fit_is_a_problem(client: httpx.Client, events: list[Any]) -> None:
    answer = client.post("/v1/feedback/batch", json={"events": events})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("events")


def preference_of_type(slate: dict[str, Any], media_type: str) -> float:
    scores = [
        item["scores"]["user_preference"] for item in slate["items"] if item["media_type"] == media_type
    ]
    return sum(scores) / len(scores)


def test_ten_selections_change_the_next_slate(client: httpx.Client) -> None:
    before = show(client, "likes-pictures", "cat")
    assert {item["scores"]["user_preference"] for item in before["items"]} == {0.5}
    for n_gram in ("cat", "dog", "tree", "sun", "flower", "house", "car", "bird", "fish", "star"):
        slate = show(client, "likes-pictures", n_gram, media_types=["image"])
        client.post("/v1/feedback", json=event(slate, slate["items"][0]["item_id"])).raise_for_status()
    time.sleep(2)
    after = show(client, "likes-pictures", "cat")
    assert preference_of_type(after, "image") > preference_of_type(after, "sticker") + 0.05
