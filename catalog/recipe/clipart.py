"""A drawing of the Open Clip Art Library with what its own metadata says."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CC = "{http://web.resource.org/cc/}"
_SVG = "{http://www.w3.org/2000/svg}"
_PUBLIC_DOMAIN = re.compile(r"/PublicDomain\b|/publicdomain/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ClipArt:
    """One SVG file; `path` is relative to the library's SVG folder."""

    path: str
    svg: bytes
    title: str
    keywords: tuple[str, ...]
    author: str
    public_domain: bool
    has_text: bool

    @property
    def folder(self) -> str:
        """The folder, which is the library's category, such as `food/fruit`."""
        return self.path.rpartition("/")[0]


def parse_clipart(path: str, svg: bytes) -> ClipArt | None:
    """Read title, keywords, author and licence; None where the file is no well-formed SVG."""
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        return None
    work = root.find(f".//{_CC}Work")
    if work is None:
        return None
    licence = work.find(f"{_CC}license")
    url = "" if licence is None else licence.get(f"{_RDF}resource", "")
    keywords = [li.text or "" for li in work.iterfind(f"{_DC}subject/{_RDF}Bag/{_RDF}li")]
    return ClipArt(
        path=path,
        svg=svg,
        title=_squeeze(work.findtext(f"{_DC}title") or ""),
        keywords=tuple(word for word in map(_squeeze, keywords) if word),
        author=_squeeze(work.findtext(f"{_DC}creator/{_CC}Agent/{_DC}title") or ""),
        public_domain=bool(_PUBLIC_DOMAIN.search(url)),
        has_text=any("".join(element.itertext()).strip() for element in root.iter(f"{_SVG}text")),
    )


def _squeeze(text: str) -> str:
    return " ".join(text.split())
