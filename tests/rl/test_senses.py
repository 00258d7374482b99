from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from catalog.items import CatalogItem, MediaType
from catalog.reader import read_items
from models.text import TextEncoder
from rl.tuning.senses import FRAMES, Eyes, open_medium, perceive_for_strangers, senses_of
from tests.models.hub.judges import save_judge
from tests.rl.hub_models import WEIGHTS, saved

PLACES: dict[MediaType, int] = {"sticker": 64, "image": 64, "video": 64 * FRAMES, "audio": 48}  # of latents


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


def test_what_is_stored_is_perceived_as_what_was_made(modality: MediaType) -> None:
    senses, data = senses_of(modality, WEIGHTS), [item.data for item in some(modality, 3)]
    stored = senses.encode(data, [True] * 3)
    opened = senses.perceive([open_medium(each, modality) for each in data])
    for ours, theirs in zip(stored, opened, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_without_a_large_judge_what_is_perceived_says_how_it_fits(modality: MediaType) -> None:
    senses, items = senses_of(modality, WEIGHTS), some(modality, 2)
    texts = [item.alt_text for item in items]
    texts_NT = torch.from_numpy(TextEncoder().encode(texts))
    media = perceive_for_strangers(
        senses, texts, texts_NT, (open_medium(item.data, modality) for item in items)
    )
    assert media.fits_N is None
    assert media.relevance().numpy() == pytest.approx((media.embeddings_NT * texts_NT).sum(1).numpy())


@pytest.mark.parametrize("name", ["ZImagePipeline", "WanPipeline", "StableAudio3Pipeline"])
def test_a_large_judge_says_how_media_fit(name: str, tmp_path: Path) -> None:
    model, modality = saved(name, tmp_path / "model"), MODALITIES[name]
    if name != "StableAudio3Pipeline":
        from dataclasses import replace

        model = replace(model, judge=save_judge("clip", tmp_path / "clip"))
    senses, items = senses_of(modality, WEIGHTS, model), some(modality, 2)
    media = [open_medium(item.data, modality) for item in items]
    fits_N = senses.fits(["a cat", "a dog"], media)
    assert fits_N is not None
    assert fits_N.shape == (2,)
    assert float(fits_N.abs().max()) <= 1


MODALITIES: dict[str, MediaType] = {
    "ZImagePipeline": "image",
    "WanPipeline": "video",
    "StableAudio3Pipeline": "audio",
}


def test_an_autoencoder_that_only_decodes_is_named(tmp_path: Path) -> None:
    eyes = Eyes("sticker", WEIGHTS)
    eyes.autoencoder.decoder_only().save_pretrained(tmp_path / "sticker" / "vae")
    with pytest.raises(ValueError, match="only decodes"):
        Eyes("sticker", tmp_path)


def test_a_clip_is_seen_from_its_first_frame_to_its_last() -> None:
    eyes = Eyes("video", WEIGHTS)
    clip = open_medium(some("video", 1)[0].data, "video")
    assert len(clip) > FRAMES
    whole, _ = eyes.perceive([clip])
    ends, _ = eyes.perceive([[clip[0], clip[-1]]])
    assert np.allclose(whole[0, :, 0], ends[0, :, 0], atol=1e-5)
    assert np.allclose(whole[0, :, -1], ends[0, :, -1], atol=1e-5)
