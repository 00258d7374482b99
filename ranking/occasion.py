"""What is known when it is chosen how a medium is drawn; kept with the medium as it was then."""

# C: what is known, N: options, F: features

import base64
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.items import STYLES, MediaType
from models.mood import MOODS
from ranking.choices import OPTIONS
from ranking.network import Halves
from ranking.taste import Ideal

VERSION = 1  # of what is known, of the features and their meaning
LETTERED = 0.1  # of the stickers of a stranger
MOODY = 0.2  # of all media, most of them in the mood that fits the words best
SHARPNESS = 0.08  # of a fit, a cosine: "happy birthday" is joyful 0.42, sad 0.11
LETTERING_WORDS = frozenset({"lettering", "typography", "captions", "calligraphy", "hand lettering"})
LONGEST_WORDS, LONGEST_LETTERS = 8, 64

_TRAITS = (
    *(("style", style) for style in STYLES),
    *(("mood", mood) for mood in MOODS),
    *(("lettering", each) for each in ("no", "yes")),
)
_FITS = tuple(f"{mood}_fit" for mood in MOODS[1:])
KNOWN = (
    *(f"{kind}_{value}_odds" for kind, value in _TRAITS),
    *_FITS,
    "lettered",
    "words",
    "letters",
    "known",
)
NAMES = (
    "total",  # the logarithm of the hand-set share
    *(f"is_{style}" for style in STYLES),
    *(f"is_{mood}" for mood in MOODS),
    "is_lettered",
    *("style_odds", "mood_odds", "lettering_odds", "fit"),  # of the option's own
    *_FITS,
    *("words", "letters", "known"),
)
_PLACES = np.array([(STYLES.index(s), MOODS.index(m), int(lettered)) for s, m, lettered in OPTIONS])
_ODDS = len(_TRAITS)


def known(
    ideal: Ideal,
    interests: Sequence[str],
    media_type: MediaType,
    n_gram: str,
    lettering: bool = True,
    fits: Sequence[float] = (),
) -> Halves:
    """What is known [C], in half precision: a policy draws by exactly the numbers that are kept.

    `fits` are the cosines of the n-gram to what shows each mood but the plain one; zeros where they are not known. With
    `lettering`, cards are always lettered, and stickers when the interests ask for it, else now and then; loops never are.
    """
    lettered = {"image": 1.0, "video": 0.0}.get(media_type, LETTERED) if lettering else 0.0
    if (
        lettering
        and media_type == "sticker"
        and LETTERING_WORDS & {interest.lower() for interest in interests}
    ):
        lettered = 1.0
    length = 0.0 if ideal.embedding is None else min(1.0, float(np.linalg.norm(ideal.embedding)))
    numbers = (
        *(math.log(ideal.odds.get(trait, 1.0)) for trait in _TRAITS),
        *(fits or [0.0] * len(_FITS)),
        lettered,
        min(1.0, len(n_gram.split()) / LONGEST_WORDS),
        min(1.0, len(n_gram) / LONGEST_LETTERS),
        length,
    )
    return np.array(numbers, dtype=np.float16)


def base_shares(known_C: Halves) -> NDArray[np.float64]:
    """The share [N] of each option for a stranger: every style alike, plain mostly, letters seldom."""
    fits_M = known_C[_ODDS : _ODDS + len(_FITS)].astype(np.float64)
    fitting_M = np.exp((fits_M - fits_M.max()) / SHARPNESS)
    moods_M = np.concatenate([[1.0 - MOODY], MOODY * fitting_M / fitting_M.sum()])
    lettered = float(known_C[KNOWN.index("lettered")])
    letters = np.array([1.0 - lettered, lettered])
    _style_N, mood_N, lettered_N = _PLACES.T
    shares: NDArray[np.float64] = moods_M[mood_N] * letters[lettered_N] / len(STYLES)
    return shares


def features(known_C: Halves) -> Halves:
    """The features [N, F] of each option on an occasion."""
    odds = known_C[:_ODDS].astype(np.float64)
    styles_S, moods_M, letters_L = np.split(odds, np.cumsum([len(STYLES), len(MOODS)]))
    fits_M = np.concatenate([[0.0], known_C[_ODDS : _ODDS + len(_FITS)]])
    style_N, mood_N, lettered_N = _PLACES.T
    own_N3 = np.stack([styles_S[style_N], moods_M[mood_N], letters_L[lettered_N]], axis=1)
    with np.errstate(divide="ignore"):
        total_N = np.log(base_shares(known_C)) + own_N3.sum(axis=1)
    context_C = known_C[
        [*range(_ODDS, _ODDS + len(_FITS)), *(KNOWN.index(n) for n in ("words", "letters", "known"))]
    ]
    return np.column_stack(
        [
            np.maximum(
                total_N - np.logaddexp.reduce(total_N), -60.0
            ),  # what never is has a share all the same
            np.eye(len(STYLES))[style_N],
            np.eye(len(MOODS))[mood_N],
            lettered_N,
            own_N3,
            fits_M[mood_N],
            np.tile(context_C, (len(OPTIONS), 1)),
        ]
    ).astype(np.float16)


def encode(known_C: Halves) -> str:
    """What is known as text, to be kept with the medium: the version, then the numbers in base64."""
    return f"{VERSION}:{base64.b64encode(known_C.astype('<f2').tobytes()).decode()}"


def decode(text: str) -> Halves:
    """What was known [C]; ValueError if it is of another version."""
    version, _, numbers = text.partition(":")
    if version != str(VERSION):
        raise ValueError(f"occasion is of version {version}; this reads version {VERSION}")
    return np.frombuffer(base64.b64decode(numbers), dtype="<f2")
