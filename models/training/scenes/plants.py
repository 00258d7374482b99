"""Scenes of what grows."""

import math

from models.training.scenes.canvas import WHITE, Canvas, hsv
from models.training.scenes.elements import clear_sky, clouds, ridge, sun
from models.training.scenes.things import flower, round_tree


def meadow(c: Canvas) -> None:
    """Flowers under a blue sky."""
    clear_sky(c)
    sun(c, c.between(0.12, 0.88), c.between(0.1, 0.18), 0.065)
    clouds(c, 0.12, 0.32, 2)
    hue = c.between(85, 120)
    ridge(c, 0.56, 0.04, hsv(hue + 12, 0.4, 0.82))
    ridge(c, 0.68, 0.03, hsv(hue, 0.5, 0.78))
    first = c.between(0, 360)
    for i in range(32):
        y = 0.68 + 0.3 * (i / 32)
        flower(
            c,
            c.between(0, 1),
            y,
            0.016 + 0.03 * (i / 32),
            hsv(first + c.pick([0, 40, 300]), c.between(0.3, 0.65), 1.0),
        )


def garden(c: Canvas) -> None:
    """A fence, bushes and sunflowers."""
    clear_sky(c)
    clouds(c, 0.08, 0.25, 2)
    hue = c.between(95, 135)
    for i in range(7):
        c.disc(
            (i + 0.5) / 7, c.between(0.5, 0.54), c.between(0.1, 0.13), hsv(hue, 0.5, c.between(0.5, 0.62))
        )
    fence = c.pick([WHITE, (235, 205, 160), (250, 235, 215)])
    c.box(0, 0.56, 1, 0.585, fence)
    c.box(0, 0.66, 1, 0.685, fence)
    for i in range(11):
        x = (i + 0.5) / 11
        c.polygon(
            [(x - 0.028, 0.74), (x - 0.028, 0.53), (x, 0.49), (x + 0.028, 0.53), (x + 0.028, 0.74)], fence
        )
    c.gradient(hsv(hue - 10, 0.5, 0.8), hsv(hue, 0.6, 0.6), top=0.72)
    for x in (c.between(0.03, 0.1), c.between(0.16, 0.24), c.between(0.76, 0.84), c.between(0.9, 0.97)):
        top = c.between(0.48, 0.62)
        c.line([(x, 0.95), (x, top)], 0.014, (80, 140, 60))
        for k in range(10):
            a = k * math.pi / 5
            c.disc(x + 0.042 * math.cos(a), top + 0.042 * math.sin(a), 0.02, (255, 205, 60))
        c.disc(x, top, 0.032, (130, 80, 45))


def autumn(c: Canvas) -> None:
    """Red and yellow trees, falling leaves."""
    c.gradient(hsv(c.between(190, 210), 0.2, 0.95), hsv(40, 0.18, 1.0))
    hue = c.between(18, 34)
    ridge(c, 0.58, 0.04, hsv(hue + 15, 0.4, 0.85))
    for x in (c.between(0.02, 0.1), c.between(0.18, 0.28), c.between(0.72, 0.82), c.between(0.9, 0.98)):
        round_tree(
            c,
            x,
            c.between(0.74, 0.8),
            c.between(0.38, 0.5),
            hsv(c.pick([8, 22, 35, 46]), 0.72, c.between(0.82, 0.96)),
        )
    ridge(c, 0.77, 0.025, hsv(hue + 12, 0.5, 0.8))
    for _ in range(34):
        x, y, size = c.between(0, 1), c.between(0.05, 1), c.between(0.012, 0.022)
        colour = hsv(c.pick([5, 18, 32, 46]), 0.75, c.between(0.8, 0.98))
        c.polygon([(x - size, y), (x, y - 0.6 * size), (x + size, y), (x, y + 0.6 * size)], colour)


def blossom(c: Canvas) -> None:
    """Twigs of cherry blossom in spring."""
    hue = c.between(325, 350)
    c.gradient(hsv(c.between(190, 215), 0.25, 1.0), hsv(hue, 0.12, 1.0))
    c.glow(0.5, 0.6, 0.3, WHITE, 0.5)
    for side in (0, 1):
        y = c.between(0.05, 0.3)
        for _ in range(2):
            end = (0.5 + (side - 0.5) * c.between(0.1, 0.5), y + c.between(-0.05, 0.12))
            c.line([(side, y - 0.04), ((side + end[0]) / 2, y + 0.03), end], 0.02, (120, 80, 70))
            for _ in range(13):
                share = c.between(0, 1)
                flower(
                    c,
                    side + share * (end[0] - side) + c.between(-0.03, 0.03),
                    y + c.between(-0.07, 0.09),
                    c.between(0.025, 0.042),
                    hsv(hue, c.between(0.18, 0.42), 1.0),
                )
            y += c.between(0.12, 0.2)
    ridge(c, 0.87, 0.02, hsv(c.between(90, 120), 0.35, 0.85))
    for _ in range(16):
        c.ellipse(c.between(0, 1), c.between(0.3, 1), 0.016, 0.01, hsv(hue, 0.3, 1.0))


def playground(c: Canvas) -> None:
    """A park with a path, a bench and trees."""
    clear_sky(c)
    clouds(c, 0.08, 0.25, 2)
    hue = c.between(90, 130)
    for i in range(6):
        round_tree(
            c,
            (i + c.between(0.2, 0.8)) / 6,
            0.6,
            c.between(0.2, 0.3),
            hsv(hue, 0.45, c.between(0.55, 0.68)),
        )
    c.gradient(hsv(hue, 0.45, 0.82), hsv(hue, 0.55, 0.68), top=0.58)
    c.polygon([(0.46, 0.58), (0.54, 0.58), (0.85, 1), (0.15, 1)], hsv(38, 0.22, 0.95))
    x = c.pick([0.16, 0.84])
    for y in (0.66, 0.7, 0.76):
        c.box(x - 0.13, y, x + 0.13, y + 0.024, (175, 110, 65))
    for dx in (-0.1, 0.1):
        c.box(x + dx - 0.01, 0.66, x + dx + 0.01, 0.84, (80, 80, 90))
    x = 1 - x
    c.line([(x, 0.86), (x, 0.42)], 0.016, (70, 75, 85))
    c.disc(x, 0.4, 0.04, (255, 246, 205))
