"""The season where somebody lives: of the temperate countries, by month; the others have none that a picture shows."""

from typing import Literal, get_args

Season = Literal["winter", "spring", "summer", "autumn"]
SEASONS: tuple[Season, ...] = get_args(Season)

SHOWN_BY: dict[Season, str] = {
    "winter": "winter, snow, cold",
    "spring": "spring, blossom, flowers",
    "summer": "summer, sun, beach",
    "autumn": "autumn, fallen leaves, harvest",
}
_NORTHERN = """
AD AL AM AT AZ BA BE BG BY CA CH CN CY CZ DE DK EE ES FI FO FR GB GE GR HR HU IE IS IT JP KG KP KR KZ LI LT LU LV
MC MD ME MK MN MT NL NO PL PT RO RS RU SE SI SK SM TR UA US UZ VA XK
"""
NORTHERN = frozenset(_NORTHERN.split())
SOUTHERN = frozenset(("AR", "AU", "CL", "LS", "NZ", "UY", "ZA"))


def season_in(country: str | None, month: int) -> Season | None:
    """The season in a country, by its ISO 3166-1 code, in a month from 1 to 12."""
    if country in NORTHERN:
        return SEASONS[month % 12 // 3]
    if country in SOUTHERN:
        return SEASONS[(month % 12 // 3 + 2) % 4]
    return None
