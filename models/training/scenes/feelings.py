"""Scenes of feelings."""

import math

from models.training.scenes.canvas import WHITE, Canvas, hsv, mix
from models.training.scenes.elements import lights, rays, ridge
from models.training.scenes.things import flower, heart_points


def hearts(c: Canvas) -> None:
    """Hearts that float in rosy light."""
    hue = c.between(325, 362)
    c.gradient(hsv(hue, 0.22, 1.0), hsv(hue - 10, 0.45, 0.98))
    lights(c, 12, hue, 20)
    for i in range(16):
        x, y = c.between(0, 1), c.between(0, 1)
        size = c.between(0.025, 0.075)
        c.polygon(
            heart_points(x, y, size, c.between(-0.4, 0.4)),
            hsv(hue + c.between(-12, 14), c.between(0.35, 0.8), 1.0),
            0.6 + 0.025 * i,
        )


def roses(c: Canvas) -> None:
    """Roses and candles at dusk."""
    hue = c.between(335, 362)
    c.gradient(hsv(hue, 0.6, 0.35), hsv(hue, 0.5, 0.6))
    lights(c, 14, 30, 18)
    c.blur(0.01)
    c.gradient(hsv(hue, 0.55, 0.5), hsv(hue, 0.6, 0.34), top=0.76)
    for x in (c.between(0.08, 0.16), c.between(0.84, 0.92)):
        height = c.between(0.2, 0.3)
        c.box(x - 0.03, 0.84 - height, x + 0.03, 0.84, (250, 240, 220))
        c.glow(x, 0.8 - height, 0.08, (255, 210, 120), 0.85)
        c.ellipse(x, 0.8 - height, 0.014, 0.032, (255, 245, 190))
    for i in range(9):
        x, y, size = (i + c.between(0.2, 0.8)) / 9, c.between(0.86, 0.96), c.between(0.05, 0.065)
        tint = hsv(hue + c.between(-8, 8), 0.75, c.between(0.75, 0.95))
        for share, move in ((1.0, 0.0), (0.72, 0.12), (0.42, -0.1)):
            c.disc(
                x + move * size,
                y,
                share * size,
                mix(tint, (90, 0, 30), 0.3 * (1 - share) if share < 1 else 0.25),
            )
            tint = mix(tint, WHITE, 0.1)


def bokeh(c: Canvas) -> None:
    """Lights out of focus in the evening."""
    hue = c.between(0, 360)
    c.gradient(hsv(hue, 0.6, 0.22), hsv(hue + 30, 0.5, 0.42))
    lights(c, 40, hue + 20, 45)


def comic_burst(c: Canvas) -> None:
    """Rays and a jagged burst as in a comic."""
    hue = c.between(0, 360)
    c.gradient(hsv(hue, 0.7, 1.0), hsv(hue, 0.75, 0.95))
    rays(c, 0.5, 0.5, c.whole(14, 20), hsv(hue + 30, 0.55, 1.0), 1.0)
    for radius, tint in ((0.47, hsv(hue + 180, 0.7, 0.95)), (0.4, (255, 252, 225))):
        count = 14
        points = []
        for i in range(2 * count):
            reach = radius * (1.0 if i % 2 else 0.74) * c.between(0.96, 1.04)
            points.append(
                (0.5 + reach * math.cos(math.pi * i / count), 0.5 + reach * math.sin(math.pi * i / count))
            )
        c.polygon(points, tint)


def anger(c: Canvas) -> None:
    """Red and black with flames."""
    hue = c.between(-8, 10)
    c.gradient(hsv(hue, 0.85, 0.3), hsv(hue, 0.85, 0.75))
    rays(c, 0.5, 0.45, 11, hsv(hue, 0.9, 0.18), 0.5)
    for row, (tint, height) in enumerate(
        ((hsv(hue, 0.85, 0.9), 0.36), (hsv(hue + 20, 0.85, 1.0), 0.26), (hsv(hue + 42, 0.7, 1.0), 0.16))
    ):
        points = [(0.0, 1.0)]
        for i in range(9):
            points.append(((i + 0.15) / 9, 1 - 0.35 * height))
            points.append(((i + 0.5 + c.between(-0.2, 0.2)) / 9, 1 - height * c.between(0.7, 1.15)))
        c.polygon([*points, (1.0, 1 - 0.3 * height), (1.0, 1.0)], tint, 0.95 - 0.05 * row)


def sadness(c: Canvas) -> None:
    """Blue dusk, a bare tree and a little rain."""
    hue = c.between(195, 270)
    c.gradient(hsv(hue, 0.45, c.between(0.3, 0.5)), hsv(hue - 12, 0.3, c.between(0.58, 0.78)))
    c.glow(c.between(0.3, 0.7), 0.4, 0.25, hsv(hue - 20, 0.15, 0.9), 0.35)
    ridge(c, 0.74, 0.03, hsv(hue, 0.4, 0.42))
    x, lean = c.pick([0.14, 0.86]), c.pick([-1, 1])
    bark = hsv(hue, 0.35, 0.22)
    c.line([(x, 0.84), (x, 0.55), (x + 0.02 * lean, 0.3)], 0.026, bark)
    for y, reach in ((0.58, 0.13), (0.5, -0.13), (0.42, 0.1), (0.38, -0.08)):
        c.line([(x, y), (x + reach, y - 0.11)], 0.014, bark)
    ridge(c, 0.83, 0.03, hsv(hue, 0.45, 0.28))
    for _ in range(15):
        x, y = c.between(0, 1), c.between(0.1, 0.95)
        c.line([(x, y), (x, y + 0.05)], 0.006, hsv(hue, 0.15, 0.95), 0.5)


def cheerful(c: Canvas) -> None:
    """Bright rays, a smiling sun and flowers."""
    hue = c.between(40, 58)
    c.gradient(hsv(hue, 0.25, 1.0), hsv(hue - 10, 0.5, 1.0))
    x = c.pick([0.0, 1.0])
    rays(c, x, 0.0, 22, hsv(hue - 6, 0.6, 1.0), 0.8)
    c.disc(x, 0.0, 0.26, hsv(hue - 4, 0.75, 1.0))
    ridge(c, 0.84, 0.03, hsv(c.between(80, 120), 0.5, 0.85))
    for _ in range(18):
        flower(
            c,
            c.between(0, 1),
            c.between(0.85, 1),
            c.between(0.03, 0.045),
            hsv(c.pick([0, 25, 320, 205, 280]), 0.5, 1.0),
        )
