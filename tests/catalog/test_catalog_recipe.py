"""The recipe's parts that need no download."""

import dataclasses
import io
import tarfile

import numpy as np
import pytest
import yaml
from PIL import Image

from catalog.recipe.animation import Animation, encode_animation, num_frames, resample
from catalog.recipe.archive import members
from catalog.recipe.clipart import parse_clipart
from catalog.recipe.download import fetch
from catalog.recipe.emoji import emoji_key
from catalog.recipe.opus import encode_opus, level
from catalog.recipe.phrases import load_phrases
from catalog.recipe.pictures import picture_terms
from catalog.recipe.rendering import render_svg
from catalog.recipe.source import SOURCES_FILE, load_sources
from catalog.recipe.waveform import SIZE_PX, draw_waveform

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="100pt" height="100pt"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:cc="http://web.resource.org/cc/"><metadata><rdf:RDF><cc:Work><dc:title>A  Fish</dc:title>
 <dc:creator><cc:Agent><dc:title>Ada Artist</dc:title></cc:Agent></dc:creator>
 <dc:subject><rdf:Bag><rdf:li>clip_art</rdf:li><rdf:li>sea</rdf:li><rdf:li>hash(0x8a3)</rdf:li>
 <rdf:li>ada artist</rdf:li></rdf:Bag></dc:subject>
 <cc:license rdf:resource="http://web.resource.org/cc/PublicDomain"/></cc:Work></rdf:RDF></metadata>
 <rect x="10" y="20" width="60" height="30" fill="red"/></svg>"""
RATE_HZ = 48_000


def tone(seconds, amplitude):
    return amplitude * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)[:, None]


def test_sources_have_a_digest_and_no_address():
    for source in load_sources().values():
        assert len(source.sha256) == 64
        assert source.licence in {"MIT", "CC0-1.0", "CC-PDDC", "CC-BY-4.0", "Apache-2.0"}
    assert "://" not in SOURCES_FILE.read_text("utf-8")


def test_a_registry_without_a_client_is_refused():
    source = load_sources()["emojilib"]
    with pytest.raises(ValueError, match="registry of 'emojilib' is 'gopher', allowed"):
        dataclasses.replace(source, registry="gopher")


def test_an_archive_with_another_digest_is_refused(tmp_path):
    source = load_sources()["emojilib"]
    (tmp_path / source.file_name).write_bytes(b"something else")
    with pytest.raises(ValueError, match=rf"emojilib-4\.0\.3\.tgz has sha256 .* expected {source.sha256}"):
        fetch(source, tmp_path)


def test_wanted_files_are_read_from_an_npm_archive(tmp_path):
    path = tmp_path / "thing.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, data in (("package/a.txt", b"A"), ("package/b.bin", b"B")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert list(members(path, lambda name: name.endswith(".txt"))) == [("a.txt", b"A")]


def test_emoji_keys_ignore_variation_selectors_case_and_leading_zeros():
    assert emoji_key("2764-FE0F") == emoji_key("2764") == "2764"
    assert emoji_key("0023-fe0f-20e3") == "23-20e3"


def test_a_phrase_that_names_an_unknown_emoji_is_refused(tmp_path):
    path = tmp_path / "phrases.yaml"
    path.write_text(yaml.safe_dump({"go": "🏁"}, allow_unicode=True), "utf-8")
    with pytest.raises(ValueError, match=r"'go' names '🏁' \(1f3c1\)"):
        load_phrases({"1f382"}, path)


def test_clip_art_tells_its_title_author_and_licence():
    clipart = parse_clipart("animals/fish/fish.svg", SVG)
    assert (clipart.title, clipart.author, clipart.folder) == ("A Fish", "Ada Artist", "animals/fish")
    assert clipart.public_domain
    assert parse_clipart("broken.svg", b"<svg") is None


def test_picture_terms_leave_out_junk_and_authors():
    clipart = parse_clipart("animals/fish/fish.svg", SVG)
    assert [term.text for term in picture_terms(clipart, "red fish", ["swim"])] == [
        "red fish",
        "swim",
        "sea",
    ]


def test_a_drawing_is_cropped_to_what_is_drawn():
    image = render_svg(SVG)
    assert 160 <= image.width <= 320
    assert abs(image.width / image.height - 2) < 0.05
    assert image.getpixel((image.width // 2, image.height // 2)) == (255, 0, 0, 255)


def test_an_animation_keeps_its_length_at_another_frame_rate():
    frames = tuple(Image.new("RGBA", (32, 32), (255 * (i % 2), 80, 9 * i, 255)) for i in range(24))
    original = encode_animation(Animation(frames, frame_ms=42), quality=50)
    resampled = resample(original, side_px=16, fps=12)
    assert num_frames(original) == 24
    assert resampled.frames[0].size == (16, 16)
    assert abs(resampled.duration_ms - 24 * 42) <= 12


@pytest.mark.parametrize("amplitude", [0.001, 0.3, 1.0])
def test_levelling_brings_loud_and_quiet_to_the_same_level(amplitude):
    peak = abs(level(tone(1.0, amplitude), RATE_HZ)).max()
    assert peak == pytest.approx(abs(level(tone(1.0, 0.5), RATE_HZ)).max(), rel=1e-3)
    assert peak < 1.0


def test_levelling_pads_what_is_too_short_and_refuses_silence():
    assert len(level(tone(0.05, 0.5), RATE_HZ)) == RATE_HZ // 4
    with pytest.raises(ValueError, match="sound is silent"):
        level(np.zeros((100, 1)), RATE_HZ)


def test_the_same_sound_gives_the_same_bytes():
    assert encode_opus(tone(0.3, 0.5), RATE_HZ) == encode_opus(tone(0.3, 0.5), RATE_HZ)


def test_a_waveform_is_transparent_around_its_bars():
    image = draw_waveform(tone(0.3, 0.5)[:, 0])
    assert image.size == SIZE_PX
    assert image.getpixel((0, 0))[3] == 0
    assert image.getchannel("A").getextrema() == (0, 255)
