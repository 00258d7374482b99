"""Scenes by the water and under it."""

from PIL import Image

from models.training.scenes.canvas import WHITE, Canvas, hsv, mix
from models.training.scenes.elements import clear_sky, clouds, peaks, ridge, sun, waves
from models.training.scenes.things import conifer, flower, palm


def beach(c: Canvas) -> None:
    """Sand, sea, palms and a parasol."""
    horizon = c.between(0.4, 0.48)
    clear_sky(c, horizon)
    sun(c, c.between(0.2, 0.8), c.between(0.1, 0.2), 0.07)
    clouds(c, 0.1, 0.28, 2)
    hue = c.between(175, 205)
    c.gradient(hsv(hue + 8, 0.7, 0.8), hsv(hue - 8, 0.4, 0.95), top=horizon, bottom=0.72)
    waves(c, horizon + 0.02, 0.62, WHITE, 4)
    ridge(c, 0.655, 0.018, WHITE)
    ridge(c, 0.68, 0.018, hsv(c.between(34, 46), c.between(0.25, 0.4), 0.98))
    side = c.pick([-1, 1])
    if c.chance(0.75):
        palm(c, 0.5 - 0.46 * side, 0.82, c.between(0.5, 0.6), 0.13 * side)
    x = 0.5 + 0.36 * side
    c.line([(x, 0.86), (x + 0.03, 0.58)], 0.014, (240, 235, 225))
    stripe = hsv(c.between(0, 360), 0.6, 1.0)
    for i in range(4):
        c.polygon(
            [(x + 0.03, 0.55), (x - 0.13 + 0.08 * i, 0.66), (x - 0.05 + 0.08 * i, 0.66)],
            stripe if i % 2 else WHITE,
        )


def open_sea(c: Canvas) -> None:
    """A sail on the sea."""
    horizon = c.between(0.45, 0.55)
    clear_sky(c, horizon)
    clouds(c, 0.1, 0.35, 3)
    hue = c.between(195, 220)
    c.gradient(hsv(hue, 0.5, 0.85), hsv(hue, 0.75, 0.55), top=horizon)
    waves(c, horizon + 0.04, 1.0, (215, 240, 255), 9)
    x, y, size = c.pick([c.between(0.12, 0.3), c.between(0.7, 0.88)]), horizon + 0.06, c.between(0.16, 0.22)
    c.polygon([(x, y - size), (x, y - 0.02), (x + 0.6 * size, y - 0.02)], WHITE)
    c.polygon(
        [(x - 0.02, y - 0.8 * size), (x - 0.02, y - 0.02), (x - 0.4 * size, y - 0.02)],
        hsv(c.between(0, 50), 0.6, 0.98),
    )
    c.polygon(
        [
            (x - 0.5 * size, y),
            (x + 0.6 * size, y),
            (x + 0.4 * size, y + 0.2 * size),
            (x - 0.35 * size, y + 0.2 * size),
        ],
        (150, 90, 60),
    )


def underwater(c: Canvas) -> None:
    """Light from above, corals, bubbles and fish."""
    hue = c.between(180, 215)
    c.gradient(hsv(hue - 12, 0.45, 0.95), hsv(hue, 0.7, 0.7), hsv(hue + 15, 0.8, 0.4))
    for _ in range(4):
        x = c.between(0, 1)
        c.polygon([(x, 0), (x + 0.07, 0), (x + 0.25, 0.8), (x + 0.05, 0.8)], WHITE, 0.12)
    ridge(c, 0.86, 0.03, hsv(c.between(35, 50), 0.3, 0.78))
    for _ in range(6):
        x, colour = (
            c.pick([c.between(0, 0.3), c.between(0.7, 1)]),
            hsv(c.pick([345, 15, 300, 50]), 0.55, 0.95),
        )
        for k in range(3):
            c.line([(x, 0.92), (x + 0.05 * (k - 1), 0.8 - 0.03 * (k % 2))], 0.028, colour)
            c.disc(x + 0.05 * (k - 1), 0.8 - 0.03 * (k % 2), 0.02, colour)
    for _ in range(4):
        x, y, size, way = (
            c.between(0.08, 0.92),
            c.between(0.15, 0.65),
            c.between(0.03, 0.05),
            c.pick([-1, 1]),
        )
        colour = hsv(c.pick([20, 45, 330, 280]), 0.65, 1.0)
        c.ellipse(x, y, size, 0.62 * size, colour)
        c.polygon(
            [
                (x - 0.7 * size * way, y),
                (x - 1.6 * size * way, y - 0.6 * size),
                (x - 1.6 * size * way, y + 0.6 * size),
            ],
            colour,
        )
    for _ in range(14):
        c.disc(c.between(0, 1), c.between(0.05, 0.9), c.between(0.008, 0.02), WHITE, 0.45)


def lake(c: Canvas) -> None:
    """Peaks and firs that a still lake reflects."""
    glow = c.chance(0.5)
    hue = c.between(200, 225)
    c.gradient(hsv(hue, 0.4, 0.92), hsv(30 if glow else hue, 0.2, 1.0))
    peaks(c, 0.55, 0.32, hsv(hue + 15, 0.35, 0.7), snow=True)
    dark = hsv(c.between(130, 165), 0.5, 0.42)
    for i in range(9):
        conifer(c, (i + c.between(0.2, 0.8)) / 9, 0.585, c.between(0.1, 0.17), dark)
    mirrored = c.image.crop((0, 0, c.image.width, round(0.58 * c.image.height))).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    c.image.paste(mirrored, (0, round(0.58 * c.image.height)))
    c.box(0, 0.58, 1, 1, hsv(hue, 0.55, 0.7), 0.45)
    waves(c, 0.62, 1.0, WHITE, 5)


def calm(c: Canvas) -> None:
    """Stones in still water with a lily."""
    hue = c.between(150, 200)
    c.gradient(hsv(hue, 0.15, 0.98), hsv(hue, 0.3, 0.88), hsv(hue, 0.4, 0.72))
    for i in range(4):
        c.ellipse(
            0.5, 0.78, 0.6 - 0.12 * i, 0.17 - 0.035 * i, mix(hsv(hue, 0.35, 0.8), WHITE, 0.15 * i), 0.5
        )
    x = c.pick([0.16, 0.84])
    for i, (width, tone) in enumerate(((0.12, 0.42), (0.09, 0.52), (0.06, 0.62))):
        c.ellipse(x, 0.74 - 0.07 * i, width, 0.042, hsv(hue + 20, 0.15, tone))
    x = 1 - x
    c.ellipse(x, 0.78, 0.13, 0.035, hsv(130, 0.4, 0.62))
    flower(c, x, 0.735, 0.055, hsv(c.pick([335, 350, 45]), 0.25, 1.0))
    for side in (0.05, 0.95):
        for i in range(3):
            at = side + 0.04 * (i - 1)
            c.line([(at, 1), (at, c.between(0.1, 0.35))], 0.018, hsv(c.between(100, 130), 0.4, 0.65))
