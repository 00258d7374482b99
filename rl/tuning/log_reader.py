"""The exported log and the store, read as media in their slates.

N: media in slates; K: places.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog.items import STYLES, MediaType
from models.hub.loading import is_by
from models.hub.model import HubModel
from models.mood import MOODS, Mood
from models.mood_vectors import in_mood, mood_vectors
from models.text import TextEncoder
from ranking.weights import RankingWeights
from rl.examination import fit_examination
from rl.leanings import Vector, leanings
from rl.log import GOOD, last_slates, read_log
from rl.tuning.latent_media import LatentMedia, ShownMedia
from rl.tuning.senses import AT_ONCE, Senses, open_medium
from rl.tuning.showings import Showings
from store.media import MediaStore
from store.media_item import MediaItem
from store.people import PeopleStore
from store.person import Profile
from store.registry import person_number

ROWS_AT_ONCE = 500


async def read_showings(
    rows: Sequence[Mapping[str, Any]],
    store: MediaStore,
    senses: Senses,
    texts: TextEncoder,
    weights: RankingWeights,
    max_weight: float,
    media_type: MediaType = "sticker",
    model: HubModel | None = None,
) -> Showings:
    """Read rows of the exported log with the media they name, as far as the store still has them.

    Of each suggestion the last slate counts. Lettered media are left out: the words in them are not the generator's work. A
    large `model` is asked for letters and styles, but knows neither: what it made counts, and is of no style.
    """
    slates = last_slates(rows)
    looked_at_K = fit_examination(read_log(rows, weights))
    items = await items_of(store, {shown["item_id"] for row in slates for shown in row["shown"]})
    wanted = {
        item_id: item
        for item_id, item in _as_drawn(items, model).items()
        if item.media_type == media_type and not (item.prompt or {}).get("lettering")
    }
    data = await bytes_of(store, wanted)
    ids = sorted(data)
    if not ids:
        raise ValueError(f"media_type {media_type!r}: the store has none of those in the log")
    profiles = await _profiles(store, slates)
    personal = [row for row in slates if profiles.get(row["user_id"], Profile()).personalize]
    known = leanings(personal, items, _interests(profiles, texts), weights)
    places = [
        _Place(row, place, shown, looked_at_K)
        for row in slates
        for place, shown in enumerate(row["shown"])
        if shown["item_id"] in data
    ]
    row_of = {item_id: row for row, item_id in enumerate(ids)}
    rows_N = torch.tensor([row_of[each.item_id] for each in places])
    made = [wanted[item_id].origin == "generated" for item_id in ids]
    latents, vectors = senses.encode([data[item_id] for item_id in ids], made)
    media = LatentMedia(
        latents[rows_N],
        _texts(places, wanted, texts),
        vectors[rows_N],
        torch.tensor([_style(wanted[each.item_id]) for each in places]),
        _leanings(places, known, vectors.shape[1]),
        fits_N=_fits(places, data, senses, media_type),
    )
    return _showings(places, media, wanted, max_weight)


class _Place:
    """One medium in one slate."""

    def __init__(
        self,
        row: Mapping[str, Any],
        place: int,
        shown: Mapping[str, Any],
        looked_at_K: NDArray[np.float64],
    ) -> None:
        self.item_id: str = shown["item_id"]
        self.n_gram: str = row["n_gram"]
        self.slate = f"{row['suggestion_id']}/{row['slate']}"
        self.key = (row["suggestion_id"], row["slate"])
        self.person = person_number(row["user_id"])
        self.chosen = any(
            deed["item_id"] == self.item_id and deed["action"] in GOOD for deed in row["feedback"]
        )
        self.propensity: float = shown["propensity"]
        self.examined = float(looked_at_K[min(place, len(looked_at_K) - 1)])


def _showings(
    places: Sequence[_Place], media: LatentMedia, items: Mapping[str, MediaItem], max_weight: float
) -> Showings:
    propensities_N = torch.tensor([each.propensity for each in places])
    examined_N = torch.tensor([each.examined for each in places])
    return Showings(
        ShownMedia(
            media,
            tuple(each.item_id for each in places),
            tuple(each.n_gram for each in places),
            tuple(each.slate for each in places),
            torch.tensor([each.person for each in places]),
            torch.tensor([each.chosen for each in places]),
            (1 / (propensities_N * examined_N)).clamp(max=max_weight),
        ),
        torch.tensor([items[each.item_id].origin == "generated" for each in places]),
        examined_N,
        propensities_N,
    )


def _as_drawn(items: Mapping[str, MediaItem], model: HubModel | None) -> dict[str, MediaItem]:
    """Items whose prompts say nothing that the large model, if it made them, does not know."""
    return {
        item_id: replace(item, prompt={**(item.prompt or {}), "lettering": False, "style": STYLES[0]})
        if model and is_by(item.model_version, model)
        else item
        for item_id, item in items.items()
    }


async def items_of(store: MediaStore, item_ids: Iterable[str]) -> dict[str, MediaItem]:
    """Those that are still there."""
    ids = sorted(set(item_ids))
    found: dict[str, MediaItem] = {}
    for start in range(0, len(ids), ROWS_AT_ONCE):
        found |= await store.get(ids[start : start + ROWS_AT_ONCE])
    return found


async def bytes_of(store: MediaStore, items: Mapping[str, MediaItem]) -> dict[str, bytes]:
    """The bytes of each item; those that are just being removed are left out."""
    found = {}
    for item_id, item in items.items():
        try:
            found[item_id] = (await store.blobs.local_path(item.sha256)).read_bytes()
        except FileNotFoundError:
            continue
    return found


async def _profiles(store: MediaStore, slates: Sequence[Mapping[str, Any]]) -> dict[str, Profile]:
    """What the people said of themselves, if they did."""
    people = PeopleStore(store.engine, "reading")
    found = {user_id: await people.profile(user_id) for user_id in {row["user_id"] for row in slates}}
    return {user_id: profile for user_id, profile in found.items() if profile is not None}


def _interests(profiles: Mapping[str, Profile], texts: TextEncoder) -> dict[str, Vector]:
    """Unit vectors of what people say that they like."""
    said = {user_id: ", ".join(each.interests) for user_id, each in profiles.items() if each.interests}
    return dict(zip(said, texts.encode(list(said.values())), strict=True)) if said else {}


def _texts(places: Sequence[_Place], items: Mapping[str, MediaItem], encoder: TextEncoder) -> Tensor:
    """The n-grams, each in the mood of the medium: what the generator was, or would have been, told."""
    unique = sorted({each.n_gram for each in places})
    row_of = {text: row for row, text in enumerate(unique)}
    texts_NT = torch.from_numpy(encoder.encode(unique))[[row_of[each.n_gram] for each in places]]
    moods = [mood_of(items[each.item_id]) for each in places]
    return in_mood(texts_NT, moods, torch.from_numpy(mood_vectors(encoder)))


def _fits(
    places: Sequence[_Place], data: Mapping[str, bytes], senses: Senses, media_type: MediaType
) -> Tensor | None:
    """What the judge says of each medium and what was typed, once for each such pair; None without a judge."""
    if not senses.judges:
        return None
    pairs = sorted({(each.item_id, each.n_gram) for each in places})
    judged: list[Tensor] = []
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        media = [open_medium(data[item_id], media_type) for item_id, _ in some]
        judged.append(senses.fits([n_gram for _, n_gram in some], media))
    row_of = {pair: row for row, pair in enumerate(pairs)}
    return torch.cat(judged)[[row_of[each.item_id, each.n_gram] for each in places]]


def _leanings(places: Sequence[_Place], known: Mapping[tuple[str, int], Vector], width: int) -> Tensor:
    stranger = np.zeros(width, dtype=np.float32)
    return torch.from_numpy(np.stack([known.get(each.key, stranger) for each in places]))


def mood_of(item: MediaItem) -> Mood:
    """The mood that a medium was asked for in."""
    told = (item.prompt or {}).get("mood")
    return next((mood for mood in MOODS if mood == told), MOODS[0])


def _style(item: MediaItem) -> int:
    style = (item.prompt or {}).get("style", STYLES[0])
    return STYLES.index(style) if style in STYLES else 0
