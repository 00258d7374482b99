"""What a person typed, in normal form, and the n-grams in it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MAX_WORDS = 5
MAX_UNSPACED_CHARS = 12  # longest run looked up inside text written without spaces
MAX_TOKENS = 32  # only the last ones count: a suggestion answers what was typed just now
RECENCY = 0.95  # what a gram loses for each word typed after it
STOP_WORD_CONTENT = 0.1  # of a content word

STOP_WORDS = frozenset(
    """a an and am are as at be been but by can did do doe for from had has have he her hi him i if im in is
    it its just let me my not of on or our out she so some that the their them then there they this to too
    up very wa was we were what when which who will with would you your""".split()  # noqa: SIM905
)

_APOSTROPHES = frozenset("'’‘ʼ`´＇")
_EMOTICON = re.compile(r">?[:;=]['\-o^]?[()\[\]{}dpox3/\\|*@$]+|</?3+|\^[_.\-]*\^|[xt]_+[xt]|-_+-|o_o")
_ELONGATED = re.compile(r"([^\W\d_])\1{2,}")
# Han, kana, Thai, Lao, Khmer, Myanmar: words run on without spaces. Hangul does space its words,
# but glues particles to them, so that it is read the same way.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Gram:
    """A run of the typed text; `share` in (0, 1] is how much of the text it says, 1.0 for the whole.

    `is_last`: it ends where typing stopped, so that its last word may be unfinished.
    """

    text: str
    share: float
    is_last: bool


def normalise(text: str) -> str:
    """The normal form under which terms and typed text meet; normalising it again changes nothing.

    NFKC and case folding; emoji and other symbols become words of their own, without variation
    selectors, joiners and skin tones; apostrophes go ("let's" = "lets"), other punctuation separates;
    a letter repeated three times or more is kept twice; English plurals lose their ending. Text of
    punctuation alone ("?!") is kept as it is, and so are emoticons (":)", "<3").
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    chunks = folded.split()
    words = [word for chunk in chunks for word in _words(chunk)]
    return " ".join(words or [kept for chunk in chunks if (kept := chunk.translate(_VISIBLE))])


def _words(chunk: str) -> list[str]:
    if not chunk.isalnum() and _EMOTICON.fullmatch(chunk.translate(_VISIBLE)):
        return [chunk.translate(_VISIBLE)]
    return [_fold_word(word) for word in chunk.translate(_SPACED).split()]


class _Visible(dict[int, str]):
    """For `str.translate`: drops joiners, variation selectors, skin tones and control characters."""

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(chr(code))
        is_modifier = 0xFE00 <= code <= 0xFE0F or 0x1F3FB <= code <= 0x1F3FF or 0xE0100 <= code <= 0xE01EF
        dropped = is_modifier or category in ("Cc", "Cf", "Cs", "Me")
        self[code] = "" if dropped else chr(code)
        return self[code]


class _Spaced(_Visible):
    """For `str.translate`: also sets symbols apart, drops apostrophes and turns punctuation to gaps."""

    def __missing__(self, code: int) -> str:
        char = super().__missing__(code)
        category = unicodedata.category(chr(code))
        if category == "So" or 0x2190 <= code <= 0x2BFF:
            self[code] = f" {char} "
        elif char and category[0] not in "LNM":
            self[code] = "" if char in _APOSTROPHES else " "
        return self[code]


_VISIBLE, _SPACED = _Visible(), _Spaced()


@lru_cache(1 << 16)  # items share most of their words
def _fold_word(word: str) -> str:
    """Shorten elongations and English plurals ("cookies" and "cookie" both become "cooky")."""
    word = _ELONGATED.sub(r"\1\1", word)
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith(("xes", "shes", "ches", "sses", "zzes")):
        return word[:-2]
    if word[-1] == "s" and word[-2] not in "sui":
        word = word[:-1]
    if len(word) > 3 and word.endswith("ie"):
        return _ELONGATED.sub(r"\1\1", word[:-2] + "y")
    return word[:-1] if len(word) > 3 and word.endswith("oe") else word


def is_unspaced(word: str) -> bool:
    """Whether the word has letters of a script that runs its words together."""
    return _UNSPACED.search(word) is not None


def grams(text: str, max_words: int = MAX_WORDS) -> list[Gram]:
    """The 1- to `max_words`-grams of the typed text, most telling first; the whole text is always one.

    A gram's share is its part of the text's content, times `RECENCY` for each word typed after it.
    A content word has content 1, a stop word 0.1. A word of a script without spaces also gives its
    inner runs, with their part of its content by length.
    """
    words = normalise(text).split()
    if not words:
        return []
    content = [STOP_WORD_CONTENT if word in STOP_WORDS else 1.0 for word in words]
    total, count = sum(content), len(words)
    found: dict[str, Gram] = {}

    def keep(run: str, run_content: float, end: int, is_last: bool) -> None:
        share = run_content / total * RECENCY ** (count - end)
        if run not in found or found[run].share < share:
            found[run] = Gram(run, share, is_last)

    for start in range(max(0, count - MAX_TOKENS), count):
        for end in range(start + 1, min(start + max_words, count) + 1):
            keep(" ".join(words[start:end]), sum(content[start:end]), end, end == count)
        if is_unspaced(words[start]):
            for run in _inner_runs(words[start]):
                keep(run, content[start] * len(run) / len(words[start]), start + 1, False)
    whole = " ".join(words)
    found[whole] = Gram(whole, 1.0, True)
    return sorted(found.values(), key=lambda gram: (-gram.share, gram.text))


def _inner_runs(word: str) -> list[str]:
    word = word[-3 * MAX_UNSPACED_CHARS :]
    ends = range(1, len(word) + 1)
    return [
        word[max(0, end - size) : end]
        for end in ends
        for size in range(1, MAX_UNSPACED_CHARS + 1)
        if size <= end
    ]
