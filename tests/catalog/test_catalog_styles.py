import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catalog.items import STYLES
from catalog.reader import read_items
from catalog.recipe.rendering import render_svg
from catalog.recipe.source import load_sources
from catalog.recipe.styles import SOURCES, icon_svg, restyle

HALVES = '<path fill="#ff0000" d="M0 0h16v16H0z"/><path fill="#0000ff" d="M16 0h16v16H16z"/>'
ICONS = {
    "icons": {"both": {"body": HALVES, "height": 16}},
    "aliases": {"mirrored": {"parent": "both", "hFlip": True}, "turned": {"parent": "both", "rotate": 1}},
    "width": 32,
}


def left_pixel(name: str) -> tuple[int, ...]:
    image = render_svg(icon_svg(ICONS, name), 128)
    assert image.size == (128, 64)
    return image.getpixel((20, 30))  # type: ignore[return-value]


def test_an_icon_is_drawn_in_its_box_and_an_alias_may_mirror_it() -> None:
    assert left_pixel("both") == (255, 0, 0, 255)
    assert left_pixel("mirrored") == (0, 0, 255, 255)


def test_an_alias_that_turns_its_parent_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"turned.*rotate"):
        icon_svg(ICONS, "turned")


def test_stickers_keep_their_ids_and_terms_in_another_style_and_say_where_it_is_from(
    tmp_path: Path,
) -> None:
    stickers = list(read_items(media_types=("sticker",)))[:3]
    archive = tmp_path / "set.tgz"
    files = {"icons.json": ICONS, "chars.json": {f"{ord(stickers[1].emoji[0]):x}": "mirrored"}}  # type: ignore[index]
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in files.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    source = load_sources()["noto"]
    (drawn,) = restyle(source, archive, "noto", stickers)
    assert (drawn.item_id, drawn.terms) == (stickers[1].item_id, stickers[1].terms)
    assert (drawn.licence, drawn.source_package) == ("Apache-2.0", source.package)
    with Image.open(io.BytesIO(drawn.data)) as image:
        assert np.asarray(image.convert("RGB"))[30, 20, 2] > 200


def test_every_style_but_the_catalogues_own_has_a_source() -> None:
    assert set(SOURCES) == set(STYLES[1:])
    assert set(SOURCES.values()) <= set(load_sources())
