"""Profiles, export and forgetting, over real HTTP to the real server."""

import hashlib
import io
import json
import time
import zipfile
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.deployments.test_feedback import event
from tests.deployments.test_suggest import suggest

pytestmark = pytest.mark.slow

PROFILE = {
    "demographics": {"age_band": "25-34", "gender": "female"},
    "interests": ["cats", "jazz"],
    "locale": "de",
    "location": {"country": "DE", "region": "Bavaria"},
    "personalize": True,
    "allow_training": True,
}


def act(client: httpx.Client, user_id: str) -> dict[str, Any]:
    """Make a sticker for a person, show them a slate and select from it; returns the sticker."""
    request = {
        "n_gram_string": "red heart",
        "user_id": user_id,
        "media_type": "sticker",
        "generation_count": 1,
    }
    made: dict[str, Any] = client.post("/v1/generate", json=request).raise_for_status().json()["items"][0]
    slate = suggest(client, "cat", user_id=user_id)
    shared = event(slate, slate["items"][0]["item_id"], action="share")
    client.post("/v1/feedback", json=shared).raise_for_status()
    return made


def test_a_profile_comes_back_as_it_was_put(client: httpx.Client) -> None:
    assert client.get("/v1/users/profiled").status_code == 404
    assert client.put("/v1/users/profiled", json=PROFILE).json() == PROFILE
    assert client.get("/v1/users/profiled").json() == PROFILE
    client.put("/v1/users/profiled", json={}).raise_for_status()
    assert client.get("/v1/users/profiled").json()["interests"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"interests": [""]}, "interests.0"),
        ({"interests": ["x" * 65]}, "interests.0"),
        ({"interests": ["x"] * 65}, "interests"),
        ({"locale": "!"}, "locale"),
        ({"location": {"country": "Germany"}}, "location.country"),
        ({"personalize": "perhaps"}, "personalize"),
        ({"birthday": "1 May"}, "birthday"),
    ],
)
def test_a_profile_that_cannot_be_is_a_problem(
    client: httpx.Client, change: dict[str, Any], field: str
) -> None:
    answer = client.put("/v1/users/wrong", json=PROFILE | change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert client.get("/v1/users/wrong").status_code == 404


def test_stated_interests_count_until_personalize_is_switched_off(client: httpx.Client) -> None:
    def preferences() -> set[float]:
        time.sleep(1)
        items = suggest(client, "animal", user_id="cat-lover", media_types=["sticker"])["items"]
        return {item["scores"]["user_preference"] for item in items}

    client.put("/v1/users/cat-lover", json={"interests": ["cats"]}).raise_for_status()
    assert max(preferences()) > 0.6
    client.put("/v1/users/cat-lover", json={"interests": ["cats"], "personalize": False}).raise_for_status()
    assert preferences() == {0.5}


def test_the_export_holds_all_that_is_held_on_a_person(client: httpx.Client) -> None:
    client.put("/v1/users/exports", json=PROFILE).raise_for_status()
    made = act(client, "exports")
    answer = client.get("/v1/users/exports/export")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert json.loads(archive.read("profile.json"))["interests"] == ["cats", "jazz"]
        (impression,) = [json.loads(line) for line in archive.read("impressions.jsonl").splitlines()]
        (feedback,) = [json.loads(line) for line in archive.read("feedback.jsonl").splitlines()]
        assert impression["n_gram"] == "cat"
        assert feedback["action"] == "share"
        assert archive.read(f"media/{made['item_id']}.webp") == client.get(made["url"]).content
    assert client.get("/v1/users/nobody/export").status_code == 404


def test_a_person_who_was_erased_is_gone_and_the_receipt_can_be_checked(client: httpx.Client) -> None:
    client.put("/v1/users/leaves", json=PROFILE).raise_for_status()
    made = act(client, "leaves")
    receipt = client.delete("/v1/users/leaves").raise_for_status().json()
    assert {name: receipt[name] for name in ("profiles", "impressions", "feedback", "media_items")} == {
        "profiles": 1,
        "impressions": 1,
        "feedback": 1,
        "media_items": 1,
    }
    assert receipt["user_sha256"] == hashlib.sha256(b"leaves").hexdigest()
    key: Any = load_pem_public_key(client.get("/v1/receipt-key").content)
    claims = jwt.decode(receipt["signature"], key, algorithms=["EdDSA"])
    assert claims["user_sha256"] == receipt["user_sha256"]
    assert claims["media_items"] == 1
    for path in ("/v1/users/leaves", "/v1/users/leaves/export", made["url"]):
        assert client.get(path).status_code == 404
    time.sleep(2)
    items = suggest(client, "red heart", user_id="leaves", limit=50)["items"]
    assert made["item_id"] not in {item["item_id"] for item in items}
    assert {item["scores"]["novelty"] for item in items} == {1.0}
    assert {item["scores"]["user_preference"] for item in items} == {0.5}
