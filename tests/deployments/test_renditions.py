import io

import av
import httpx
import numpy as np
import pytest

from deployments.renditions import convert
from tests.deployments.test_suggest import suggest

pytestmark = pytest.mark.slow


def first_url(client: httpx.Client, media_type: str) -> str:
    slate = suggest(client, "drum", media_types=[media_type], rating="pg-13", user_id="converts")
    return f"/v1/media/{slate['items'][0]['item_id']}"


@pytest.mark.parametrize(("container", "codec"), [("mp4", "h264"), ("webm", "vp9")])
def test_a_clip_comes_in_the_container_that_a_client_asks_for(
    client: httpx.Client, container: str, codec: str
) -> None:
    answer = client.get(first_url(client, "video"), params={"rendition": container})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"video/{container}"
    with av.open(io.BytesIO(answer.content)) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.name in (codec, f"lib{codec}", "libvpx-vp9")
        assert len(list(file.decode(stream))) >= 12


def test_a_converted_clip_can_be_asked_for_in_parts(client: httpx.Client) -> None:
    url = first_url(client, "video")
    whole = client.get(url, params={"rendition": "mp4"}).content
    part = client.get(url, params={"rendition": "mp4"}, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, whole[:10])


def test_a_sound_comes_as_wav(client: httpx.Client) -> None:
    answer = client.get(first_url(client, "audio"), params={"rendition": "wav"})
    assert answer.headers["content-type"] in ("audio/wav", "audio/x-wav")
    with av.open(io.BytesIO(answer.content)) as file:
        samples = np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])
    assert np.abs(samples).max() > 500


@pytest.mark.parametrize(
    ("media_type", "container"), [("sticker", "mp4"), ("video", "wav"), ("audio", "webm")]
)
def test_a_rendition_that_does_not_fit_is_a_problem(
    client: httpx.Client, media_type: str, container: str
) -> None:
    answer = client.get(first_url(client, media_type), params={"rendition": container})
    assert answer.status_code == 422
    assert "video has mp4 and webm, audio wav" in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"] == "rendition"


def test_what_is_no_media_type_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="which image has not"):
        convert(b"", "image", "wav")
