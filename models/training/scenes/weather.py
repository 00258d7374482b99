"""Scenes of the weather."""

import math

from models.training.scenes.canvas import WHITE, Canvas, hsv, mix
from models.training.scenes.elements import cloud, clouds, ridge
from models.training.scenes.things import conifer, round_tree


def rainy_window(c: Canvas) -> None:
    """Drops on a window pane, grey outside."""
    hue = c.between(200, 235)
    c.gradient(hsv(hue, 0.25, 0.6), hsv(hue, 0.2, 0.75), hsv(hue, 0.3, 0.5))
    for _ in range(7):
        c.disc(
            c.between(0, 1),
            c.between(0.5, 0.95),
            c.between(0.04, 0.08),
            hsv(c.pick([40, 20, 200]), 0.4, 0.95),
            0.35,
        )
    c.blur(0.02)
    for _ in range(26):
        x, y, size = c.between(0, 1), c.between(0, 1), c.between(0.008, 0.02)
        c.ellipse(x, y, size, 1.3 * size, hsv(hue, 0.12, 0.95), 0.75)
        if c.chance(0.3):
            c.line([(x, y - 0.14), (x, y)], 0.008, hsv(hue, 0.1, 0.95), 0.45)
    frame = hsv(c.between(15, 35), 0.35, c.between(0.45, 0.9))
    c.box(0, 0.93, 1, 1, frame)
    c.box(0, 0, 0.05, 1, frame)
    c.box(0.95, 0, 1, 1, frame)
    c.box(0, 0, 1, 0.05, frame)


def rain(c: Canvas) -> None:
    """Rain out of grey clouds into puddles."""
    hue = c.between(200, 230)
    c.gradient(hsv(hue, 0.3, 0.55), hsv(hue, 0.2, 0.8))
    c.gradient(hsv(hue, 0.3, 0.62), hsv(hue, 0.35, 0.48), top=0.74)
    for _ in range(34):
        x, y = c.between(0, 1.1), c.between(0.2, 0.95)
        c.line([(x, y), (x - 0.025, y + 0.08)], 0.008, (225, 238, 255), 0.65)
    for _ in range(5):
        x, y = c.between(0.1, 0.9), c.between(0.8, 0.96)
        c.ellipse(x, y, 0.1, 0.022, hsv(hue, 0.15, 0.85), 0.6)
        c.ellipse(x, y, 0.06, 0.012, hsv(hue, 0.3, 0.6), 0.6)
    for x in (0.1, 0.4, 0.7, 0.95):
        cloud(
            c,
            x + c.between(-0.08, 0.08),
            c.between(0.06, 0.14),
            0.22,
            hsv(hue, 0.2, c.between(0.6, 0.75)),
            1.0,
        )


def storm(c: Canvas) -> None:
    """Lightning out of black clouds."""
    hue = c.between(225, 275)
    c.gradient(hsv(hue, 0.6, 0.2), hsv(hue, 0.45, 0.48))
    x, y = c.between(0.2, 0.8), 0.2
    c.glow(x, 0.35, 0.25, hsv(hue, 0.2, 1.0), 0.55)
    points = [(x, y)]
    while y < 0.76:
        x, y = x + c.between(-0.09, 0.09), y + c.between(0.07, 0.12)
        points.append((x, y))
    c.line(points, 0.022, (255, 250, 190))
    c.line([*points[2:4], (points[3][0] + 0.13, points[3][1] + 0.12)], 0.012, (255, 250, 190))
    for at in (0.05, 0.35, 0.65, 0.95):
        cloud(
            c,
            at + c.between(-0.06, 0.06),
            c.between(0.08, 0.16),
            0.24,
            hsv(hue, 0.35, c.between(0.3, 0.42)),
            1.0,
        )
    ridge(c, 0.8, 0.04, hsv(hue, 0.5, 0.15))


def snowfall(c: Canvas) -> None:
    """Firs in the snow."""
    evening = c.chance(0.4)
    hue = c.between(205, 230)
    top, low = (
        (hsv(hue, 0.6, 0.45), hsv(hue, 0.35, 0.8))
        if evening
        else (hsv(hue, 0.35, 0.88), hsv(hue, 0.1, 0.98))
    )
    c.gradient(top, low)
    ridge(c, 0.64, 0.04, mix(low, WHITE, 0.45))
    for x in (c.between(0.02, 0.14), c.between(0.2, 0.3), c.between(0.74, 0.8), c.between(0.88, 0.98)):
        conifer(
            c,
            x,
            c.between(0.72, 0.78),
            c.between(0.28, 0.42),
            hsv(c.between(150, 185), 0.45, 0.48),
            snow=True,
        )
    ridge(c, 0.77, 0.03, mix(low, WHITE, 0.8))
    for _ in range(45):
        c.disc(c.between(0, 1), c.between(0, 1), c.between(0.006, 0.014), WHITE, 0.9)


def fog(c: Canvas) -> None:
    """Trees that fade into mist."""
    hue = c.between(150, 260)
    c.gradient(hsv(hue, 0.14, 0.88), hsv(hue, 0.06, 0.97))
    for row in range(4):
        colour = hsv(hue, 0.12 + 0.1 * row, 0.88 - 0.13 * row)
        foot = 0.58 + 0.12 * row
        for _ in range(5):
            conifer(c, c.between(0, 1), foot + 0.04, c.between(0.16, 0.24) + 0.03 * row, colour)
        ridge(c, foot, 0.03, colour)
        c.glow(0.5, foot + 0.09, 0.24, hsv(hue, 0.04, 0.98), 0.5)


def wind(c: Canvas) -> None:
    """Gusts that bend the grass and carry leaves."""
    hue = c.between(170, 200)
    c.gradient(hsv(hue, 0.35, 0.85), hsv(hue, 0.12, 0.97))
    clouds(c, 0.08, 0.25, 3, (245, 250, 252))
    for _ in range(5):
        y, x = c.between(0.2, 0.62), c.between(-0.2, 0.5)
        points = [(x + t / 20 * 0.6, y + 0.02 * math.sin(t / 3)) for t in range(21)]
        curl = [
            (points[-1][0] + 0.05 * math.sin(a / 3), points[-1][1] - 0.05 + 0.05 * math.cos(a / 3))
            for a in range(14)
        ]
        c.line(points + curl, 0.011, WHITE, 0.8)
    ridge(c, 0.72, 0.03, hsv(hue - 70, 0.4, 0.75))
    round_tree(c, c.pick([0.12, 0.88]), 0.78, 0.3, hsv(110, 0.45, 0.6))
    ridge(c, 0.8, 0.03, hsv(hue - 75, 0.5, 0.66))
    for _ in range(10):
        x, y = c.between(0, 1), c.between(0.2, 0.8)
        c.ellipse(x, y, 0.02, 0.01, hsv(c.between(20, 100), 0.6, 0.85))
