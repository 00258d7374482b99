"""Sounds: CC0 samples, levelled and encoded, with a waveform as preview."""

import hashlib
import io
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import soundfile
import yaml
from tqdm import tqdm

from catalog.items import CatalogItem, Term
from catalog.recipe.archive import members
from catalog.recipe.opus import encode_opus, level
from catalog.recipe.source import Source
from catalog.recipe.terms import clean_terms
from catalog.recipe.waveform import draw_waveform
from catalog.recipe.webp import encode_webp

SOUNDS_FILE = Path(__file__).parent / "sounds.yaml"
_RECORDIST = re.compile(r"`:(\w+)` - \S*freesound\.org/people/([^/\s]+)/")


def make_sounds(source: Source, archive: Path) -> list[CatalogItem]:
    """One sound for each sample that `sounds.yaml` describes, by name."""
    described: dict[str, dict[str, Any]] = yaml.safe_load(SOUNDS_FILE.read_text("utf-8"))
    wanted = {f"samples/{name}.flac" for name in described}
    files = sorted(members(archive, wanted.__contains__))
    recordists = load_recordists(archive)
    missing = wanted - {path for path, _ in files}
    if missing:
        raise ValueError(
            f"{SOUNDS_FILE.name} describes samples that {source.package} lacks: {sorted(missing)}"
        )
    return [
        _sound(source, path, data, described[PurePosixPath(path).stem], recordists)
        for path, data in tqdm(files, desc="sounds", unit="sound")
    ]


def load_recordists(archive: Path) -> dict[str, str]:
    """Who recorded each sample, by its name, as the package's own list of provenance says."""
    text = next(members(archive, "PROVENANCE.md".__eq__))[1].decode("utf-8")
    return {name: f"{person} on freesound.org" for name, person in _RECORDIST.findall(text)}


def _sound(
    source: Source, path: str, flac: bytes, described: Mapping[str, Any], recordists: Mapping[str, str]
) -> CatalogItem:
    samples_SC, rate_hz = soundfile.read(io.BytesIO(flac), always_2d=True)
    levelled_SC = level(samples_SC, rate_hz)
    data = encode_opus(levelled_SC, rate_hz)
    name = PurePosixPath(path).stem
    texts = (described["alt"], *described["tags"])
    return CatalogItem(
        item_id=f"sample-{name.replace('_', '-')}",
        media_type="audio",
        mime_type="audio/ogg",
        width=0,
        height=0,
        duration_ms=round(1000 * len(levelled_SC) / rate_hz),
        alt_text=described["alt"],
        emoji=None,
        terms=clean_terms(Term(text, "en", "gramoji") for text in texts),
        rating=described.get("rating", "g"),
        licence=source.licence,
        attribution=f"{recordists[name]}; {source.attribution}"
        if name in recordists
        else source.attribution,
        source_package=source.package,
        source_path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        preview=encode_webp(draw_waveform(levelled_SC.mean(axis=1)), quality=80),
        preview_mime_type="image/webp",
    )
