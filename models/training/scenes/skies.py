"""Scenes of the sky."""

import numpy as np

from models.training.scenes.canvas import FULL, WHITE, Canvas, hsv, mix
from models.training.scenes.elements import (
    clear_sky,
    cloud,
    clouds,
    dark_sky,
    glowing_sky,
    moon,
    rays,
    ridge,
    stars,
    sun,
    waves,
)
from models.training.scenes.things import conifer, star_points


def night_sky(c: Canvas) -> None:
    """Moon and stars above dark hills."""
    dark_sky(c)
    stars(c, 0.72, c.whole(30, 50))
    moon(c, c.between(0.12, 0.88), c.between(0.12, 0.25), c.between(0.07, 0.11))
    hue = c.between(215, 262)
    ridge(c, c.between(0.72, 0.78), 0.05, hsv(hue, 0.6, 0.3))
    ridge(c, c.between(0.83, 0.88), 0.04, hsv(hue + 8, 0.65, 0.2))


def sunrise(c: Canvas) -> None:
    """The sun comes up behind green hills."""
    horizon = c.between(0.58, 0.66)
    glowing_sky(c, 1.0, c.between(195, 215), 40, 35, 30)
    x = c.between(0.25, 0.75)
    sun(c, x, horizon - c.between(0, 0.06), c.between(0.1, 0.13), (255, 226, 130))
    rays(c, x, horizon, 18, (255, 240, 190), 0.2)
    clouds(c, 0.1, 0.3, 2, (255, 240, 225))
    hue = c.between(85, 130)
    ridge(c, horizon, 0.03, hsv(hue + 15, 0.35, 0.75))
    ridge(c, horizon + 0.13, 0.04, hsv(hue, 0.5, 0.68))


def sunset(c: Canvas) -> None:
    """The sun goes down over water."""
    horizon, hue = c.between(0.56, 0.64), c.between(255, 300)
    glowing_sky(c, horizon, hue, hue + 65, 380, 398)
    x = c.between(0.3, 0.7)
    sun(c, x, horizon - 0.03, c.between(0.11, 0.15), (255, 190, 110))
    for _ in range(3):
        c.ellipse(c.between(0, 1), c.between(0.1, 0.4), c.between(0.12, 0.3), 0.014, (255, 200, 190), 0.5)
    c.gradient(hsv(15, 0.5, 0.95), hsv(hue + 30, 0.6, 0.42), top=horizon)
    for i in range(7):
        c.ellipse(x, horizon + 0.02 + 0.055 * i, 0.13 - 0.01 * i, 0.008, (255, 225, 160), 0.75)
    waves(c, horizon + 0.05, 1.0, (255, 190, 170), 5)


def cloudscape(c: Canvas) -> None:
    """High above the clouds."""
    clear_sky(c)
    sun(c, c.between(0.15, 0.85), c.between(0.1, 0.2), 0.07)
    clouds(c, 0.1, 0.5, 4)
    for row in range(3):
        y, tint = 0.7 + 0.12 * row, mix((214, 228, 248), WHITE, row / 2)
        for i in range(5):
            c.disc((i + c.between(0.2, 0.8)) / 5, y + c.between(0, 0.03), c.between(0.12, 0.17), tint)
        c.box(0, y + 0.04, 1, 1, tint)


def rainbow(c: Canvas) -> None:
    """A rainbow over a meadow."""
    clear_sky(c)
    x, y, outer = c.between(0.4, 0.6), c.between(0.75, 0.85), c.between(0.5, 0.62)
    sky = hsv(203, 0.25, 0.99)
    for i, band in enumerate((0, 30, 55, 120, 205, 270)):
        c.disc(x, y, outer - 0.035 * i, hsv(band, 0.5, 1.0))
    c.disc(x, y, outer - 0.21, sky)
    clouds(c, 0.1, 0.25, 1)
    cloud(c, x - outer + 0.1, 0.72, 0.17)
    cloud(c, x + outer - 0.1, 0.72, 0.17)
    hue = c.between(90, 135)
    ridge(c, 0.78, 0.03, hsv(hue, 0.5, 0.8))
    ridge(c, 0.88, 0.03, hsv(hue + 8, 0.55, 0.68))


def space(c: Canvas) -> None:
    """Planets between stars and nebulae."""
    hue = c.between(225, 300)
    c.gradient(hsv(hue, 0.75, 0.14), hsv(hue + 25, 0.7, 0.28))
    for _ in range(3):
        c.glow(
            c.between(0, 1),
            c.between(0, 1),
            c.between(0.12, 0.25),
            hsv(hue + c.between(-60, 70), 0.65, 0.8),
            0.4,
        )
    stars(c, 1.0, c.whole(40, 60))
    for x, y, radius in (
        (c.between(0.1, 0.3), c.between(0.12, 0.3), c.between(0.08, 0.12)),
        (c.between(0.72, 0.92), c.between(0.6, 0.85), c.between(0.12, 0.18)),
    ):
        colour = hsv(c.between(0, 360), 0.5, 0.9)
        ringed = c.chance(0.5)
        if ringed:
            c.line(
                [(x - 1.7 * radius, y + 0.45 * radius), (x + 1.7 * radius, y - 0.45 * radius)],
                0.016,
                mix(colour, WHITE, 0.6),
            )
        c.disc(x, y, radius, mix(colour, (10, 10, 50), 0.4))
        c.ellipse(x - 0.1 * radius, y - 0.1 * radius, 0.87 * radius, 0.87 * radius, colour)
        c.ellipse(
            x - 0.3 * radius, y - 0.35 * radius, 0.3 * radius, 0.25 * radius, mix(colour, WHITE, 0.4), 0.7
        )


def aurora(c: Canvas) -> None:
    """Northern lights over snow."""
    hue = c.between(130, 190)
    c.gradient(hsv(240, 0.75, 0.16), hsv(220, 0.6, 0.36))
    stars(c, 0.6, 25)
    y_HW, x_HW = np.mgrid[0:FULL, 0:FULL] / FULL
    for i in range(3):
        phase, base = c.between(0, 6.3), c.between(0.32, 0.55)
        edge_HW = base + 0.09 * np.sin(phase + x_HW * c.between(4, 8)) - y_HW
        c.blend(
            hsv(hue + 45 * i, 0.6, 1.0),
            0.6 * np.exp(-np.maximum(edge_HW, 0) / 0.16) * (edge_HW > 0)
            + 0.6 * np.exp(-((edge_HW / 0.02) ** 2)) * (edge_HW <= 0),
        )
    ridge(c, 0.74, 0.05, hsv(215, 0.45, 0.3))
    for _ in range(6):
        conifer(c, c.between(0, 1), c.between(0.82, 0.88), c.between(0.14, 0.24), hsv(200, 0.55, 0.2))
    ridge(c, 0.86, 0.03, hsv(205, 0.18, 0.8))


def sleepy_clouds(c: Canvas) -> None:
    """A pastel sky at bedtime: crescent, clouds, hanging stars."""
    hue = c.between(215, 300)
    c.gradient(hsv(hue, 0.4, 0.62), hsv(hue + 35, 0.28, 0.92))
    stars(c, 0.7, 20)
    moon(c, c.pick([0.2, 0.8]), c.between(0.16, 0.22), 0.1)
    for _ in range(4):
        x, y = c.between(0.05, 0.95), c.between(0.12, 0.32)
        c.line([(x, 0), (x, y)], 0.005, WHITE, 0.7)
        c.polygon(star_points(x, y + 0.03, 0.04), (255, 238, 170))
    for i in range(5):
        cloud(c, (i + c.between(0.2, 0.8)) / 5, c.between(0.82, 0.94), 0.2, hsv(hue + 20, 0.12, 1.0), 0.95)
