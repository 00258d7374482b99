"""What a medium feels like, beside what it shows."""

from typing import Literal, get_args

Mood = Literal["plain", "joyful", "tender", "cheeky", "sad"]
MOODS: tuple[Mood, ...] = get_args(Mood)

SHOWN_BY: dict[Mood, str] = {
    "joyful": "happy face",
    "tender": "heart",
    "cheeky": "winking face",
    "sad": "crying face",
}
