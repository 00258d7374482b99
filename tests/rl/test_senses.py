from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from catalog.items import CatalogItem, MediaType
from catalog.reader import read_items
from catalog.recipe.animation import Animation, encode_animation
from models.hub.audio import finish
from models.hub.judge import SAMPLE_RATE
from models.opus import encode_opus
from models.sticker import to_webp
from models.text import TextEncoder
from models.video import QUALITY
from rl.tuning.senses import FRAMES, Ears, Eyes, Medium, open_medium, perceive_for_strangers, senses_of
from tests.models.hub.judges import save_judge
from tests.rl.hub_models import WEIGHTS, saved, tone

PLACES: dict[MediaType, int] = {"sticker": 64, "image": 64, "video": 64 * FRAMES, "audio": 48}  # of latents
MADE_BY: dict[MediaType, str] = {
    "image": "ZImagePipeline",
    "video": "WanPipeline",
    "audio": "StableAudio3Pipeline",
}


@pytest.fixture(scope="module", params=PLACES)
def modality(request: pytest.FixtureRequest) -> Any:
    return request.param


def some(modality: MediaType, count: int = 40) -> list[CatalogItem]:
    return list(islice(read_items(media_types=(modality,)), count))


def test_media_of_every_modality_have_latents_and_a_meaning(modality: MediaType) -> None:
    senses, items = senses_of(modality, WEIGHTS), some(modality)
    latents, vectors_NT = senses.encode([item.data for item in items], [False] * len(items))
    assert latents[0, 0].numel() == PLACES[modality]
    assert float(latents.std()) > 0.1
    assert torch.linalg.norm(vectors_NT, dim=1).numpy() == pytest.approx(1, abs=1e-4)
    texts_NT = torch.from_numpy(TextEncoder().encode([item.alt_text for item in items]))
    own_N = (vectors_NT * texts_NT).sum(1)
    assert float(own_N.mean()) > float((vectors_NT @ texts_NT.T).mean()) + 0.02


def made(modality: MediaType) -> tuple[Medium, bytes, Medium, bytes]:
    """Two media, each as it was made and as it is stored."""
    if modality == "audio":
        low, high = (finish(tone(pitch_hz)[None], SAMPLE_RATE) for pitch_hz in (200.0, 900.0))
        return low, encode_opus(low, SAMPLE_RATE), high, encode_opus(high, SAMPLE_RATE)
    pictures = [
        Image.radial_gradient("L").resize((160, 160)).convert("RGBA"),
        Image.new("RGBA", (160, 160), "#c03020"),
    ]
    if modality == "video":
        clips = [[picture, picture.rotate(90), picture] for picture in pictures]
        stored = [encode_animation(Animation(tuple(clip), 100), QUALITY) for clip in clips]
        return clips[0], stored[0], clips[1], stored[1]
    return pictures[0], to_webp(pictures[0]), pictures[1], to_webp(pictures[1])


def test_what_was_made_is_perceived_as_it_is_once_it_is_stored(modality: MediaType) -> None:
    """DDPO judges the one, NFT the other: they differ by what compression does, and less than two media do."""
    senses = senses_of(modality, WEIGHTS)
    one, stored, other, _ = made(modality)
    latents, vectors_NT = senses.perceive([one, other])
    kept, kept_vectors_NT = senses.encode([stored], [True])
    assert float((kept - latents[:1]).square().mean()) < 0.25 * float(
        (latents[1] - latents[0]).square().mean()
    )
    assert float((kept_vectors_NT * vectors_NT[:1]).sum()) > 0.95


def test_without_a_large_judge_what_is_perceived_says_how_it_fits(modality: MediaType) -> None:
    senses, items = senses_of(modality, WEIGHTS), some(modality, 2)
    texts = [item.alt_text for item in items]
    texts_NT = torch.from_numpy(TextEncoder().encode(texts))
    opened = (open_medium(item.data, modality) for item in items)
    media = perceive_for_strangers(senses, texts, texts_NT, opened)
    assert not senses.judges
    assert media.fits_N is None
    assert media.relevance().numpy() == pytest.approx((media.embeddings_NT * texts_NT).sum(1).numpy())


@pytest.mark.parametrize("modality", MADE_BY)
def test_a_large_judge_says_how_media_fit(modality: MediaType, tmp_path: Path) -> None:
    """Of a clip, the mean of its frames."""
    model = saved(MADE_BY[modality], tmp_path / "model")
    if modality != "audio":
        model = replace(model, judge=save_judge("clip", tmp_path / "clip"), judge_shift=0.1)
    senses = senses_of(modality, WEIGHTS, model)
    assert isinstance(senses, Eyes | Ears)
    assert senses.judge is not None
    assert senses.judges
    media = [open_medium(item.data, modality) for item in some(modality, 2)]
    texts = ["a cat", "a dog"]
    if modality == "video":
        spread = [
            [clip[at] for at in np.linspace(0, len(clip) - 1, FRAMES).round().astype(int)] for clip in media
        ]
        expected = [
            np.mean(senses.judge.cosines([text] * FRAMES, clip))
            for text, clip in zip(texts, spread, strict=True)
        ]
    else:
        expected = senses.judge.cosines(texts, media)
    fits_N = senses.fits(texts, media)
    assert fits_N.numpy() == pytest.approx(expected, abs=1e-5)
    assert float(fits_N[0]) != float(fits_N[1])


def test_an_autoencoder_that_only_decodes_is_named(tmp_path: Path) -> None:
    eyes = Eyes("sticker", WEIGHTS)
    eyes.autoencoder.decoder_only().save_pretrained(tmp_path / "sticker" / "vae")
    with pytest.raises(ValueError, match="only decodes"):
        Eyes("sticker", tmp_path)


def test_a_clip_is_seen_from_its_first_frame_to_its_last_however_few_there_are() -> None:
    eyes = Eyes("video", WEIGHTS)
    clip = open_medium(some("video", 1)[0].data, "video")
    assert len(clip) > FRAMES
    whole, _ = eyes.perceive([clip])
    ends, _ = eyes.perceive([[clip[0], clip[-1]]])
    still, _ = eyes.perceive([[clip[0]]])
    assert whole.shape == ends.shape == still.shape
    assert np.allclose(whole[0, :, 0], ends[0, :, 0], atol=1e-5)
    assert np.allclose(whole[0, :, -1], ends[0, :, -1], atol=1e-5)


def test_a_silent_sound_is_heard_without_an_error() -> None:
    latents, vectors_NT = Ears(WEIGHTS).perceive([np.zeros(SAMPLE_RATE, np.float32)])
    assert bool(latents.isfinite().all())
    assert bool(vectors_NT.isfinite().all())
