"""How popular an item is among everyone: what a person of whom nothing is known most likely wants."""

WINDOW_S = 30 * 86_400
LEAST_PEOPLE = 3  # fewer would tell what one person likes
HALF_POPULAR = 10  # people


def popularity(num_people: int) -> float:
    """n / (n + 10) in [0, 1) for n people who chose it within 30 days; 0 for fewer than three."""
    return 0.0 if num_people < LEAST_PEOPLE else num_people / (num_people + HALF_POPULAR)
