"""Uploads over real HTTP to the real server."""

import time
from typing import Any

import httpx
import pytest

from tests.deployments.test_suggest import suggest
from tests.store.test_uploads import BAD, animated, encoded, picture, sound, video

pytestmark = pytest.mark.slow


def upload(client: httpx.Client, data: bytes, name: str = "x.png", **fields: Any) -> httpx.Response:
    return client.post("/v1/media", files={"file": (name, data)}, data={"user_id": "uploader"} | fields)


def is_found(client: httpx.Client, item_id: str, n_gram: str, user_id: str) -> bool:
    """Within a second; on a machine that does much else, later."""
    deadline = time.monotonic() + 30
    while item_id not in found(client, n_gram, user_id):
        if time.monotonic() > deadline:
            return False
    return True


def found(client: httpx.Client, n_gram: str, user_id: str) -> set[str]:
    time.sleep(1)
    request = {"user_id": user_id, "limit": 50, "rating": "pg"}
    return {item["item_id"] for item in suggest(client, n_gram, **request)["items"]}


def test_an_upload_is_found_at_once_by_its_sender_and_nobody_else(client: httpx.Client) -> None:
    fields = {"tags": ["zorblax mascot", "red, blue"], "alt_text": "our mascot"}
    answer = upload(client, encoded(picture(300), "PNG"), **fields)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["tags"] == ["zorblax mascot", "red", "blue"]
    assert (made["media_type"], made["alt_text"], made["rating"]) == ("sticker", "our mascot", "pg")
    assert len(made["suggested_tags"]) == 5
    assert is_found(client, made["item_id"], "zorblax mascot", "uploader")
    assert made["item_id"] not in found(client, "zorblax mascot", "stranger")
    assert client.get(made["url"]).headers["content-type"] == "image/webp"
    assert client.get(made["preview_url"]).status_code == 200
    info = client.get(f"{made['url']}/info").json()
    assert (info["source"], info["allow_training"], info["shared"]) == ("upload", False, False)
    assert client.delete(made["url"]).status_code == 204
    assert made["item_id"] not in found(client, "zorblax mascot", "uploader")


def test_a_shared_upload_is_found_by_others_and_leaves_with_its_sender(client: httpx.Client) -> None:
    data = encoded(picture(310), "PNG")
    made = upload(client, data, user_id="sharer", tags="quuxish", shared="true").json()
    assert is_found(client, made["item_id"], "quuxish", "stranger")
    receipt = client.delete("/v1/users/sharer").json()
    assert receipt["media_items"] == 1
    assert made["item_id"] not in found(client, "quuxish", "stranger")


def test_the_same_file_again_is_the_same_item_and_a_similar_one_is_told_of(client: httpx.Client) -> None:
    first = upload(client, encoded(picture(320, angle=30), "PNG"), user_id="twice")
    again = upload(client, encoded(picture(320, angle=30), "PNG"), user_id="twice")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["item_id"] == first.json()["item_id"]
    similar = upload(client, encoded(picture(260, angle=30), "WEBP"), user_id="twice")
    assert similar.status_code == 201
    assert similar.json()["lookalikes"] == [first.json()["item_id"]]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(lambda: video(1, 200), "video"), (lambda: animated("GIF", 8), "video"),
     (lambda: sound("wav", "pcm_s16le"), "audio"),
     (lambda: encoded(picture(200, (255, 255, 255, 255)), "PNG"), "image")],
    ids=["mp4", "gif", "wav", "opaque"],
)  # fmt: skip
def test_every_kind_of_media_can_be_uploaded(client: httpx.Client, data: Any, media_type: str) -> None:
    answer = upload(client, data(), tags=f"kind {media_type}", user_id="kinds", allow_training="true")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["media_type"], answer.json()["allow_training"]) == (media_type, True)
    assert client.get(answer.json()["preview_url"]).headers["content-type"] == "image/webp"
    assert is_found(client, answer.json()["item_id"], f"kind {media_type}", "kinds")


@pytest.mark.parametrize("kind", ["empty", "html", "truncated png", "pixel bomb", "zip", "nothing to see"])
def test_a_bad_file_is_a_problem_with_its_reason_and_leaves_nothing(
    client: httpx.Client, kind: str
) -> None:
    answer = upload(client, BAD[kind][0](), user_id="bad-files")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("file: it is" if kind != "nothing to see" else "file: ") or (
        "pixels" in answer.json()["detail"]
    )
    assert client.get("/v1/users/bad-files/export").status_code == 404


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "/etc/passwd", "a\x00b.png", "x" * 3000 + ".png", ""]
)
def test_the_name_of_a_file_does_not_matter(client: httpx.Client, name: str) -> None:
    answer = upload(client, encoded(picture(120), "PNG"), name=name, user_id="names")
    assert answer.status_code in (200, 201, 422, 400)
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")


@pytest.mark.parametrize(
    ("change", "status"),
    [({"user_id": "no spaces allowed"}, 422), ({"tags": "x" * 65}, 422), ({"tags": [f"t{i}" for i in range(33)]}, 422),
     ({"alt_text": "x" * 1001}, 422), ({"allow_training": "perhaps"}, 422)],
    ids=["user id", "long tag", "many tags", "long text", "no boolean"],
)  # fmt: skip
def test_a_field_that_cannot_be_is_a_problem(
    client: httpx.Client, change: dict[str, Any], status: int
) -> None:
    answer = upload(client, encoded(picture(100), "PNG"), **change)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert next(iter(change)) in answer.json()["detail"]


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(client: httpx.Client) -> None:
    large = bytes(17 << 20)
    assert upload(client, large).status_code == 413

    def chunks() -> Any:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(17):
            yield bytes(1 << 20)

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = client.post("/v1/media", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_no_form_is_a_problem(client: httpx.Client) -> None:
    for content, kind in ((b"{}", "application/json"), (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
                          (b"", "multipart/form-data")):  # fmt: skip
        answer = client.post("/v1/media", content=content, headers={"Content-Type": kind})
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"
