"""Content ratings of emoji that are not for everybody."""

from typing import Literal

Rating = Literal["g", "pg", "pg-13", "r"]

# Alcohol, swimwear, gambling, pills, death, strong anger and what is often meant rudely.
_PG = "🍺🍻🍷🍸🍹🍾🥂🥃🍶👙🩱🩲💋🫦👅🍑🍆💩🤬💀☠⚰⚱🪦💊🔞👿🤮🎰🪓🏹🧨"
# Rude gestures, tobacco, weapons, needles and blood.
_PG_13 = "🖕🚬💉🔫🗡🔪💣⚔🩸"
_RATINGS: dict[str, Rating] = {
    **{f"{ord(character):x}": "pg" for character in _PG},
    **{f"{ord(character):x}": "pg-13" for character in _PG_13},
}


def emoji_rating(key: str) -> Rating:
    """The rating of an emoji by its key; `g` where nothing speaks against it."""
    return _RATINGS.get(key, "g")
