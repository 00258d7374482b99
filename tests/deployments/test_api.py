"""The rest of the contract: media, errors, operations, documentation."""

import io
import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

pytestmark = pytest.mark.slow

VALID = {"n_gram_string": "happy birthday", "user_id": "u-1", "generate": "never"}


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert {"type", "title", "detail"} <= body.keys()
    return body


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"n_gram_string": "x" * 257}, "n_gram_string"),
        ({"n_gram_string": None}, "n_gram_string"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": "../etc"}, "user_id"),
        ({"media_types": ["hologram"]}, "media_types.0"),
        ({"media_types": []}, "media_types"),
        ({"limit": 0}, "limit"),
        ({"limit": 1000}, "limit"),
        ({"generation_count": 9}, "generation_count"),
        ({"deadline_ms": 0}, "deadline_ms"),
        ({"locale": "no such locale"}, "locale"),
        ({"context": ["x"] * 9}, "context"),
        ({"rating": "x"}, "rating"),
        ({"generate": "maybe"}, "generate"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_field_is_named(client: httpx.Client, change: dict[str, Any], field: str) -> None:
    answer = client.post("/v1/suggest", json=VALID | change)
    assert answer.status_code == 422
    assert field in [error["field"] for error in problem(answer)["errors"]]


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"n_gram_string": "\xff"}'])
def test_malformed_json_is_a_problem(client: httpx.Client, content: bytes) -> None:
    answer = client.post("/v1/suggest", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    problem(answer)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'"text"', b"{}"])
def test_a_body_that_is_no_request_is_a_problem(client: httpx.Client, content: bytes) -> None:
    answer = client.post("/v1/suggest", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert problem(answer)["errors"]


def test_half_a_surrogate_pair_is_refused(client: httpx.Client) -> None:
    content = json.dumps(VALID | {"n_gram_string": "\ud83c"}).encode()
    answer = client.post("/v1/suggest", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    problem(answer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n_gram=st.text(st.characters(exclude_categories=["Cs"]), max_size=256))
def test_any_text_gets_a_slate(client: httpx.Client, n_gram: str) -> None:
    answer = client.post("/v1/suggest", json=VALID | {"n_gram_string": n_gram})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "n_gram", ["يوم ميلاد سعيد", "🎂🎉", "a\x00b\x1b[31m", "\u202eevil", "  ", "ｈａｐｐｙ"]
)
def test_unusual_text_gets_a_slate(client: httpx.Client, n_gram: str) -> None:
    answer = client.post("/v1/suggest", json=VALID | {"n_gram_string": n_gram})
    assert answer.status_code == 200
    assert answer.json()["n_gram_string"] == re.sub(r"[\x00-\x1f]", " ", n_gram)


def test_every_answer_carries_a_request_id_and_its_timing(client: httpx.Client) -> None:
    for path in ("/healthz", "/no-such-path", "/v1/media/none"):
        answer = client.get(path, headers={"X-Request-Id": "mine"})
        assert answer.headers["x-request-id"] == "mine"
        assert answer.headers["server-timing"].startswith("total;dur=")
    assert len(client.get("/healthz").headers["x-request-id"]) >= 16


def first_item(client: httpx.Client, media_type: str) -> dict[str, Any]:
    answer = client.post("/v1/suggest", json=VALID | {"media_types": [media_type], "n_gram_string": "bell"})
    item: dict[str, Any] = answer.json()["items"][0]
    return item


@pytest.mark.parametrize("media_type", ["image", "sticker", "video", "audio"])
def test_media_are_served_whole_in_part_and_once(client: httpx.Client, media_type: str) -> None:
    item = first_item(client, media_type)
    whole = client.get(item["url"])
    assert whole.status_code == 200
    assert whole.headers["content-type"] == item["mime_type"]
    assert "immutable" in whole.headers["cache-control"]
    etag = whole.headers["etag"]
    assert client.get(item["url"], headers={"If-None-Match": etag}).status_code == 304
    part = client.get(item["url"], headers={"Range": "bytes=2-9"})
    assert (part.status_code, part.content) == (206, whole.content[2:10])
    assert client.get(item["url"], headers={"Range": "bytes=999999999-"}).status_code == 416
    preview = client.get(item["preview_url"])
    Image.open(io.BytesIO(preview.content)).verify()


def test_info_says_where_an_item_comes_from(client: httpx.Client) -> None:
    item = first_item(client, "sticker")
    info = client.get(item["url"] + "/info").json()
    assert info["licence"] == "MIT"
    assert info["source"] == "catalog"
    assert info["attribution"] == item["attribution"] != ""
    assert info["tags"]
    assert "fluent-emoji" in info["provenance"]


@pytest.mark.parametrize(
    "path", ["/v1/media/none", "/v1/media/none/info", "/v1/media/..%2f..%2fetc%2fpasswd"]
)
def test_an_unknown_item_is_a_404(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    problem(answer)


def test_a_removed_item_is_gone_within_two_seconds(client: httpx.Client) -> None:
    made = generate(client, seed=None, count=1, user_id="removes")[0]  # a look-alike would take its place
    request = VALID | {
        "n_gram_string": "sun",
        "limit": 50,
        "media_types": ["sticker"],
        "user_id": "removes",
    }

    def found() -> bool:
        items = client.post("/v1/suggest", json=request).json()["items"]
        return made["item_id"] in [item["item_id"] for item in items]

    time.sleep(2)
    assert found()
    assert client.delete(made["url"]).status_code == 204
    assert client.delete(made["url"]).status_code == 404
    time.sleep(2)
    assert not found()
    assert client.get(made["url"]).status_code == 404


def generate(
    client: httpx.Client, seed: int | None, count: int = 2, user_id: str = "makes"
) -> list[dict[str, Any]]:
    request = {
        "n_gram_string": "sun",
        "user_id": user_id,
        "media_type": "sticker",
        "generation_count": count,
    }
    answer = client.post("/v1/generate", json=request | {"seed": seed})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize(
    ("media_type", "mime_type", "least_side"),
    [
        ("sticker", "image/webp", 128),
        ("image", "image/webp", 192),
        ("video", "image/webp", 96),
        ("audio", "audio/ogg", 0),
    ],
)
def test_every_media_type_is_generated(
    client: httpx.Client, media_type: str, mime_type: str, least_side: int
) -> None:
    request = {
        "n_gram_string": "good luck",
        "user_id": "u-1",
        "media_type": media_type,
        "generation_count": 1,
    }
    (item,) = client.post("/v1/generate", json=request).json()["items"]
    assert (item["media_type"], item["mime_type"]) == (media_type, mime_type)
    assert min(item["width"], item["height"]) >= least_side
    assert (item["duration_ms"] is not None) == (media_type in ("video", "audio"))
    assert item["gme_relevance"] > 0
    for address in (item["url"], item["preview_url"]):
        answer = client.get(address)
        assert answer.status_code == 200
        assert len(answer.content) > 100
    info = client.get(item["url"] + "/info").json()
    assert info["prompt"]["text"] == "good luck"
    assert info["model_version"]


def test_generate_ranks_by_relevance(client: httpx.Client) -> None:
    items = generate(client, seed=None, count=4)
    relevance = [item["gme_relevance"] for item in items]
    assert len(items) == 4
    assert relevance == sorted(relevance, reverse=True)


def test_the_same_seed_gives_the_same_bytes(client: httpx.Client) -> None:
    first, second = generate(client, seed=11), generate(client, seed=11, count=3)
    bytes_by_seed = [
        {item["seed"]: client.get(item["url"]).content for item in items} for items in (first, second)
    ]
    assert bytes_by_seed[0].keys() == {11, 12}
    assert all(bytes_by_seed[1][seed] == data for seed, data in bytes_by_seed[0].items())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"generation_count": 0}, 422),
        ({"seed": -1}, 422),
        ({"n_gram_string": ""}, 422),
        ({"media_type": "audio", "n_gram_string": "?!"}, 422),
        ({"n_gram_string": "what the fuck"}, 422),
    ],
)
def test_a_generation_that_cannot_be_is_a_problem(
    client: httpx.Client, change: dict[str, Any], status: int
) -> None:
    request = {"n_gram_string": "sun", "user_id": "u-1", "media_type": "sticker"} | change
    answer = client.post("/v1/generate", json=request)
    assert answer.status_code == status
    problem(answer)


def test_models_names_what_is_live_and_answers_carry_its_version(client: httpx.Client) -> None:
    models = client.get("/v1/models").json()["models"]
    assert {(each["name"], each["kind"], each["status"]) for each in models} == {
        ("sticker", "generator", "live"), ("image", "generator", "live"), ("video", "generator", "live"),
        ("audio", "generator", "live"), ("ranker", "ranker", "live"),
    }  # fmt: skip
    versions = {each["name"]: each["version"] for each in models}
    assert client.post("/v1/suggest", json=VALID).json()["policy_version"] == versions["ranker"]
    assert generate(client, seed=None, count=1)[0]["model_version"] == versions["sticker"]


def test_readyz_asks_every_deployment(client: httpx.Client) -> None:
    answer = client.get("/readyz").json()
    assert answer["ready"] is True
    assert answer["missing"] == []
    assert answer["deployments"].keys() == {
        "suggest", "index", "intake", "sticker", "image", "video", "audio",
    }  # fmt: skip


def test_the_page_and_its_parts_are_served(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    parts = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert parts
    assert all(client.get(part).status_code == 200 for part in parts)


def test_openapi_and_the_answers_agree(client: httpx.Client) -> None:
    contract = client.get("/openapi.json").json()
    assert {"/v1/suggest", "/v1/generate", "/v1/media/{item_id}", "/v1/media/{item_id}/info", "/healthz", "/readyz",
            "/metrics", "/v1/models"} <= contract["paths"].keys()  # fmt: skip
    schemas = contract["components"]["schemas"]
    slate = client.post("/v1/suggest", json=VALID).json()
    assert slate.keys() == schemas["Slate"]["properties"].keys()
    assert slate["items"][0].keys() == schemas["SuggestedItem"]["properties"].keys()
    assert set(schemas["SuggestRequest"]["required"]) == {"n_gram_string", "user_id"}


def test_the_docs_page_needs_no_other_server(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)


def test_metrics_count_sampling_steps(client: httpx.Client) -> None:
    generate(client, seed=None)
    deadline = time.monotonic() + 30
    while "ray_gramoji_sampling_steps" not in client.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_the_repository_ships_the_page() -> None:
    web = Path(__file__).resolve().parents[2] / "web"
    assert (web / "index.html").is_file()
