"""The main call, over real HTTP to the real server."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from httpx_sse import connect_sse

from tests.deployments.conftest import Metric

pytestmark = pytest.mark.slow


def body(n_gram: str, **changes: Any) -> dict[str, Any]:
    return {"n_gram_string": n_gram, "user_id": "u-1", "generate": "never"} | changes


def suggest(client: httpx.Client, n_gram: str, **changes: Any) -> dict[str, Any]:
    answer = client.post("/v1/suggest", json=body(n_gram, **changes))
    assert answer.status_code == 200, answer.text
    slate: dict[str, Any] = answer.json()
    return slate


def test_an_exact_n_gram_is_answered_from_the_index(client: httpx.Client) -> None:
    slate = suggest(client, "Happy Birthday!", user_id="exact")
    assert len(slate["items"]) == 8
    assert slate["pending"] == slate["degraded"] == []
    assert slate["policy_version"].startswith("ranker-")
    exact = [item for item in slate["items"] if item["scores"]["index_match"] == 1.0]
    assert len(exact) >= 4
    assert all(item["source"] == "index" and item["scores"]["gme_relevance"] is None for item in exact)
    for item in exact:
        assert "happy birthday" in client.get(f"/v1/media/{item['item_id']}/info").json()["tags"]
    assert [item["position"] for item in slate["items"]] == list(range(8))
    assert all(0 < item["propensity"] <= 1 for item in slate["items"])


def test_only_the_asked_media_types_come(client: httpx.Client) -> None:
    for media_type in ("image", "sticker", "video", "audio"):
        slate = suggest(client, "drum", media_types=[media_type], rating="pg-13")
        assert {item["media_type"] for item in slate["items"]} == {media_type}


def test_other_languages_find_the_same_cake(client: httpx.Client) -> None:
    for locale, n_gram in (
        ("de", "Geburtstagskuchen"),
        ("fr", "gâteau d’anniversaire"),
        ("ja", "ハッピーバースデー"),
    ):
        asked = {"locale": locale, "media_types": ["sticker"], "user_id": f"speaks-{locale}"}
        items = suggest(client, n_gram, limit=20, **asked)["items"]
        best = max(item["scores"]["index_match"] for item in items)
        matches = {item["alt_text"]: item["scores"]["index_match"] for item in items}
        assert matches["birthday cake"] == best, locale


def test_an_empty_composer_answers_the_last_message(client: httpx.Client) -> None:
    slate = suggest(
        client, "", context=["how are you", "guess what, I got the job!"], media_types=["sticker"], limit=5
    )
    congratulations = suggest(client, "congratulations", media_types=["sticker"], limit=20)
    assert {item["item_id"] for item in slate["items"]} <= {
        item["item_id"] for item in congratulations["items"]
    }
    assert slate["n_gram_string"] == ""


def test_a_message_that_asks_for_no_answer_is_looked_up_itself(client: httpx.Client) -> None:
    answering, typed = (
        suggest(client, n_gram, context=["red heart"], media_types=["sticker"], limit=20)
        for n_gram in ("", "red heart")
    )
    assert {item["item_id"] for item in answering["items"]} == {item["item_id"] for item in typed["items"]}
    assert "red heart" in [item["alt_text"] for item in answering["items"]]


def test_what_is_made_before_anything_is_typed_answers_the_last_message(client: httpx.Client) -> None:
    request = {"generate": "always", "deadline_ms": 30_000, "limit": 20, "generation_count": 1}
    slate = suggest(client, "", **request, context=["I have a fever"], media_types=["sticker"])
    (made,) = [item for item in slate["items"] if item["source"] == "generated"]
    assert made["alt_text"] == "get well soon"


def test_an_empty_composer_without_context_is_still_answered(client: httpx.Client) -> None:
    assert suggest(client, "")["items"]


def test_what_was_shown_becomes_less_novel(client: httpx.Client) -> None:
    first = suggest(client, "pizza", user_id="sees-twice", limit=3, media_types=["sticker"])
    again = suggest(client, "pizza", user_id="sees-twice", limit=20, media_types=["sticker"])
    shown = {item["item_id"] for item in first["items"]}
    assert all(item["scores"]["novelty"] == 1.0 for item in first["items"])
    assert all((item["scores"]["novelty"] < 1) == (item["item_id"] in shown) for item in again["items"])


def test_generated_stickers_join_the_row_and_are_found_again_by_their_owner_only(
    client: httpx.Client,
) -> None:
    # One only: of two hearts that look alike, the later search may show the other.
    once = {"generate": "auto", "deadline_ms": 30_000, "limit": 20, "generation_count": 1}
    once |= {"media_types": ["sticker"]}
    slate = suggest(client, "red heart", **once, user_id="owner")
    made = [item for item in slate["items"] if item["source"] == "generated"]
    assert made, slate["degraded"]
    assert all(item["media_type"] == "sticker" and item["model_version"] for item in made)
    assert all(item["scores"]["gme_relevance"] is not None for item in made)
    time.sleep(2)
    ids = {item["item_id"] for item in made}
    own = suggest(client, "red heart", limit=50, user_id="owner", media_types=["sticker"])
    foreign = suggest(client, "red heart", limit=50, user_id="stranger", media_types=["sticker"])
    assert ids & {item["item_id"] for item in own["items"]}
    assert not ids & {item["item_id"] for item in foreign["items"]}


def test_the_deadline_is_kept_and_what_is_late_is_pending(client: httpx.Client) -> None:
    suggest(client, "warm")
    started = time.perf_counter()
    slow = {"generate": "always", "deadline_ms": 60, "generation_count": 8, "media_types": ["sticker"]}
    slate = suggest(client, "a dog in the sun", **slow)
    assert time.perf_counter() - started < 2
    assert slate["pending"] == ["sticker"]
    assert slate["items"]


def events(
    client: httpx.Client, request: dict[str, Any], headers: dict[str, str]
) -> Iterator[tuple[str, Any]]:
    with connect_sse(client, "POST", "/v1/suggest", json=request, headers=headers) as source:
        assert source.response.status_code == 200
        for event in source.iter_sse():
            yield event.event, json.loads(event.data)


def test_a_stream_shows_the_index_first_then_the_generated_then_done(client: httpx.Client) -> None:
    request = body("cat face", generate="auto", deadline_ms=30_000, limit=20, user_id="streams")
    request["media_types"] = ["sticker"]
    received = list(events(client, request, {"Accept": "text/event-stream"}))
    assert [name for name, _ in received] == ["slate", "slate", "done"]
    first, second = received[0][1], received[1][1]
    assert first["pending"] == ["sticker"]
    assert second["pending"] == []
    assert first["suggestion_id"] == second["suggestion_id"]
    assert not [item for item in first["items"] if item["source"] == "generated"]
    assert [item for item in second["items"] if item["source"] == "generated"]


def test_all_four_media_types_are_made_for_one_n_gram(client: httpx.Client) -> None:
    request = body("good luck", generate="always", deadline_ms=30_000, limit=50, user_id="all-four")
    received = list(events(client, request | {"generation_count": 1}, {"Accept": "text/event-stream"}))
    slates = [slate for name, slate in received if name == "slate"]
    assert sorted(slates[0]["pending"]) == ["audio", "image", "sticker", "video"]
    assert slates[-1]["pending"] == slates[-1]["degraded"] == []
    made = {item["media_type"] for item in slates[-1]["items"] if item["source"] == "generated"}
    assert made == {"image", "sticker", "video", "audio"}


def test_a_text_without_a_word_or_symbol_degrades_only_the_sound(client: httpx.Client) -> None:
    slate = suggest(
        client,
        "?!",
        generate="always",
        deadline_ms=30_000,
        media_types=["audio", "sticker"],
        user_id="mute",
    )
    assert slate["degraded"] == ["audio: there is no word or symbol to make a sound of"]
    assert "sticker" in {item["media_type"] for item in slate["items"] if item["source"] == "generated"}


def test_a_phrase_is_made_ahead_while_it_is_typed(client: httpx.Client) -> None:
    person = {"user_id": "foresees", "media_types": ["sticker"], "limit": 50}
    until, made_of = time.monotonic() + 30, set[str]()
    while "happy birthday" not in made_of and time.monotonic() < until:
        # Typed again: an order ahead of the typing gives way to people.
        suggest(client, "happy birthd", generate="auto", generation_count=1, deadline_ms=30_000, **person)
        time.sleep(0.5)
        made = [
            item for item in suggest(client, "happy birthday", **person)["items"] if item["model_version"]
        ]
        made_of = {client.get(f"{item['url']}/info").json()["prompt"]["text"] for item in made}
    assert "happy birthday" in made_of


def rises(metric: Metric, name: str, above: float, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if metric(name) > above:
            return True
        time.sleep(0.5)
    return False


def wait_for(metric: Metric, name: str, above: float) -> None:
    assert rises(metric, name, above, 30), f"{name} did not rise above {above}"


def test_what_is_shown_and_what_is_selected_is_counted(client: httpx.Client, metric: Metric) -> None:
    shown, selected = metric("gramoji_items_shown"), metric("gramoji_items_selected")
    slate = suggest(client, "happy birthday", limit=5, user_id="counts")
    event = {"event_id": str(uuid4()), "suggestion_id": slate["suggestion_id"], "action": "select"}
    at = datetime.now(UTC).isoformat()
    answer = client.post("/v1/feedback", json=event | {"item_id": slate["items"][0]["item_id"], "at": at})
    assert answer.json() == {"recorded": True}
    wait_for(metric, "gramoji_items_shown", shown)
    wait_for(metric, "gramoji_items_selected", selected)


def test_a_closed_connection_stops_the_sampling(client: httpx.Client, server: str, metric: Metric) -> None:
    before = metric("gramoji_sampling_steps_saved")
    request = body("a rocket", generate="always", deadline_ms=30_000, generation_count=8)

    def leave() -> None:
        with httpx.Client(base_url=server, timeout=60) as leaving:
            for _name, _slate in events(leaving, request, {"Accept": "text/event-stream"}):
                break

    for _ in range(6):  # who leaves before the sampling has begun saves steps that were never planned
        leave()
        if rises(metric, "gramoji_sampling_steps_saved", before, within_s=6):
            return
    pytest.fail("no sampling was stopped")


def test_a_newer_keystroke_stops_the_sampling_of_the_older_one(
    client: httpx.Client, server: str, metric: Metric
) -> None:
    before = metric("gramoji_sampling_steps_saved")
    headers = {"Accept": "text/event-stream", "X-Composition-Id": "message-1"}
    older: list[tuple[str, Any]] = []
    started = threading.Event()

    def type_first() -> None:
        changes = {"generation_count": 8, "media_types": ["sticker"], "user_id": "types"}
        request = body("goo", generate="always", deadline_ms=30_000, **changes)
        with httpx.Client(base_url=server, timeout=60) as other:
            for event in events(other, request, headers):
                older.append(event)
                started.set()

    typing = threading.Thread(target=type_first)
    typing.start()
    assert started.wait(30)
    newer = list(events(client, body("good luck", user_id="types"), headers))
    typing.join(30)
    assert [name for name, _ in newer] == ["slate", "done"]
    assert older[-1][0] == "done"
    assert older[-2][1]["degraded"] == ["sticker: superseded by a newer call"]
    wait_for(metric, "gramoji_sampling_steps_saved", before)


def test_a_flood_is_answered_or_refused_and_never_hangs(client: httpx.Client, server: str) -> None:
    def call(number: int) -> int:
        with httpx.Client(base_url=server, timeout=60) as one:
            answer = one.post("/v1/suggest", json=body("happy", user_id=f"flood-{number}"))
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code

    with ThreadPoolExecutor(150) as pool:
        statuses = list(pool.map(call, range(300)))
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 64
    assert client.get("/healthz").status_code == 200
    assert suggest(client, "happy")["items"]
