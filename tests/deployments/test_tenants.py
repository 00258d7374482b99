"""Two tenants, the same ids of people and of events, one real server: neither gets at anything of the other's."""

import hashlib
import io
import time
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.deployments.test_feedback import event
from tests.deployments.test_suggest import suggest
from tests.deployments.test_uploads import found, is_found, upload
from tests.keyed import FOLLOWED_WITHIN_S, KeyedServer, gramoji
from tests.store.test_uploads import encoded, picture

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def acme(keyed: KeyedServer) -> Iterator[httpx.Client]:
    with keyed.client(keyed.add_key("acme")) as client:
        yield client


@pytest.fixture(scope="module")
def other(keyed: KeyedServer) -> Iterator[httpx.Client]:
    with keyed.client(keyed.add_key("other")) as client:
        yield client


@pytest.fixture
def nobody(keyed: KeyedServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=keyed.url, timeout=60) as client:
        yield client


def make(client: httpx.Client, user_id: str) -> dict[str, Any]:
    """A sticker that was just made for a person."""
    body = {
        "n_gram_string": "red heart",
        "user_id": user_id,
        "media_type": "sticker",
        "generation_count": 1,
    }
    made: dict[str, Any] = client.post("/v1/generate", json=body).raise_for_status().json()["items"][0]
    return made


def bare(url: str) -> str:
    """A link without its signature."""
    return urlsplit(url).path


def test_every_route_of_the_contract_wants_a_key(nobody: httpx.Client) -> None:
    paths = nobody.get("/openapi.json").json()["paths"]
    asked = [(method, path) for path, methods in paths.items() for method in methods]
    assert len(asked) >= 17
    open_ = {("get", "/healthz"), ("get", "/readyz")}
    for method, path in asked:
        answer = nobody.request(method, path.format(item_id="01J", user_id="u-1"))
        if (method, path) in open_:
            assert answer.status_code == 200, path
        else:
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
            assert "server-timing" in answer.headers
            assert "x-request-id" in answer.headers
    assert nobody.get("/lab/data").status_code == 401
    for path in ("/", "/lab", "/docs", "/static/main.js"):
        assert nobody.get(path).status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer gmj_x", "Basic Zm9v", "gmj_x", "Bearer é"])
def test_what_is_no_key_opens_nothing(nobody: httpx.Client, header: str) -> None:
    answer = nobody.get("/v1/models", headers={"Authorization": header.encode()})
    assert answer.status_code == 401


def test_media_of_a_tenant_are_unknown_to_the_other(
    acme: httpx.Client, other: httpx.Client, nobody: httpx.Client
) -> None:
    made = make(acme, "u-1")
    path = bare(made["url"])
    assert acme.get(path).status_code == 200
    assert acme.get(path).headers["cache-control"].startswith("private")
    for call in (other.get(path), other.get(f"{path}/info"), other.delete(path)):
        assert call.status_code == 404
        assert call.json()["title"] == "Unknown item"
    assert nobody.get(path).status_code == nobody.get("/v1/media/01UNKNOWN").status_code == 401
    assert acme.get(path).status_code == 200
    assert acme.delete(path).status_code == 204


def test_a_link_of_an_answer_opens_for_who_gets_it_and_no_other_link_does(
    acme: httpx.Client, nobody: httpx.Client
) -> None:
    made, second = make(acme, "u-1"), make(acme, "u-1")
    assert nobody.get(made["url"]).content == acme.get(bare(made["url"])).content
    assert nobody.get(made["preview_url"]).status_code == 200
    parts = urlsplit(made["url"])
    query = dict(parse_qsl(parts.query))
    assert nobody.get(bare(second["url"]), params=query).status_code == 401
    later = query | {"expires": str(int(query["expires"]) + 1)}
    assert nobody.get(parts.path, params=later).status_code == 401
    assert nobody.get(parts.path, params=query | {"signature": ""}).status_code == 401
    assert nobody.delete(made["url"]).status_code == 401
    assert nobody.get(f"{parts.path}/info", params=query).status_code == 401


def test_the_catalogue_is_everybodys_to_see_and_no_tenants_to_remove(
    acme: httpx.Client, nobody: httpx.Client
) -> None:
    (first, *_) = suggest(acme, "birthday cake", user_id="u-1", media_types=["sticker"])["items"]
    path = f"/v1/media/{first['item_id']}"
    assert first["source"] == "index"
    assert nobody.get(path).headers["cache-control"].startswith("public")
    assert acme.delete(path).status_code == 403
    assert acme.get(f"{path}/info").json()["source"] == "catalog"


def test_shared_uploads_are_shared_within_their_tenant(acme: httpx.Client, other: httpx.Client) -> None:
    data = encoded(picture(330), "PNG")
    mine = upload(acme, data, user_id="u-1", tags="glorpish", shared="true")
    assert mine.status_code == 201, mine.text
    item_id = mine.json()["item_id"]
    assert is_found(acme, item_id, "glorpish", "u-2")
    assert item_id not in found(other, "glorpish", "u-1")
    theirs = upload(other, data, user_id="u-1", tags="glorpish")
    assert theirs.status_code == 201  # the same file of the same id, and yet of somebody else
    assert theirs.json()["lookalikes"] == []
    assert theirs.json()["item_id"] not in found(acme, "glorpish", "u-1")


def test_made_media_are_found_by_their_person_only(acme: httpx.Client, other: httpx.Client) -> None:
    item_id = make(acme, "made-for")["item_id"]
    assert is_found(acme, item_id, "red heart", "made-for")
    assert item_id not in found(other, "red heart", "made-for")


def test_feedback_on_a_suggestion_of_the_other_is_about_an_unknown_one(
    acme: httpx.Client, other: httpx.Client
) -> None:
    slate = suggest(acme, "cat", user_id="u-1")
    about = event(slate, slate["items"][0]["item_id"])
    answer = other.post("/v1/feedback", json=about)
    assert (answer.status_code, answer.json()["title"]) == (404, "Unknown suggestion")
    batch = other.post("/v1/feedback/batch", json={"events": [about]})
    assert batch.json() == {"outcomes": ["unknown suggestion"]}
    assert acme.post("/v1/feedback", json=about).json() == {"recorded": True}
    own = suggest(other, "cat", user_id="u-1")
    same_id = event(own, own["items"][0]["item_id"], event_id=about["event_id"])
    assert other.post("/v1/feedback", json=same_id).json() == {"recorded": True}


def test_people_of_the_same_id_have_profiles_exports_and_erasures_of_their_own(
    acme: httpx.Client, other: httpx.Client
) -> None:
    acme.put("/v1/users/same", json={"interests": ["cats"]}).raise_for_status()
    slate = suggest(acme, "dog", user_id="same")
    acme.post("/v1/feedback", json=event(slate, slate["items"][0]["item_id"])).raise_for_status()
    for path in ("/v1/users/same", "/v1/users/same/export"):
        assert other.get(path).status_code == 404
        assert "'same'" in other.get(path).json()["detail"]
    other.put("/v1/users/same", json={"interests": ["dogs"]}).raise_for_status()
    assert acme.get("/v1/users/same").json()["interests"] == ["cats"]
    exported = acme.get("/v1/users/same/export")
    assert 'filename="gramoji-same.zip"' in exported.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        everything = b"".join(map(archive.read, archive.namelist()))
    assert b'"user_id": "same"' in everything
    assert b"acme" not in everything
    receipt = other.delete("/v1/users/same").json()
    assert (receipt["profiles"], receipt["impressions"]) == (1, 0)
    assert receipt["user_sha256"] == hashlib.sha256(b"same").hexdigest()
    assert acme.get("/v1/users/same").json()["interests"] == ["cats"]


def test_an_id_that_looks_like_the_other_tenants_is_refused(other: httpx.Client) -> None:
    assert other.get("/v1/users/acme%2Fu-1").status_code in (404, 422)
    body = {"n_gram_string": "cat", "user_id": "acme/u-1"}
    assert other.post("/v1/suggest", json=body).status_code == 422


def test_a_revoked_key_opens_nothing_within_seconds_on_every_replica(keyed: KeyedServer) -> None:
    with keyed.client(keyed.add_key("acme", "--label", "short-lived")) as client:
        assert {client.get("/v1/models").status_code for _ in range(20)} == {200}
        lines = gramoji(keyed.folder, "keys", "list").splitlines()
        (line,) = [each for each in lines if "short-lived" in each]
        gramoji(keyed.folder, "keys", "revoke", line.split()[0])
        time.sleep(FOLLOWED_WITHIN_S)
        assert {client.get("/v1/models").status_code for _ in range(20)} == {401}
