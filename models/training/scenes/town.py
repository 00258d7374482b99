"""Scenes that many people share: streets, stages, pitches."""

import math

from models.training.scenes.canvas import WHITE, Canvas, Rgb, hsv, mix
from models.training.scenes.elements import (
    clear_sky,
    clouds,
    dark_sky,
    glowing_sky,
    lights,
    moon,
    peaks,
    rays,
    ridge,
    stars,
    sun,
)


def _skyline(c: Canvas, foot: float, low: float, high: float, colour: Rgb, lit: Rgb, share: float) -> None:
    x = c.between(-0.06, 0)
    while x < 1:
        width, top = c.between(0.1, 0.17), foot - c.between(low, high)
        shade = mix(colour, WHITE, c.between(0, 0.12))
        c.box(x, top, x + width, foot, shade)
        rows, columns = int((foot - top) / 0.07), 3
        for row in range(rows):
            for column in range(columns):
                if c.chance(share):
                    left, up = x + width * (0.14 + 0.28 * column), top + 0.025 + 0.07 * row
                    c.box(left, up, left + 0.18 * width, up + 0.035, lit)
        x += width + c.between(0, 0.015)


def city_day(c: Canvas) -> None:
    """A street of houses by day."""
    clear_sky(c)
    clouds(c, 0.06, 0.22, 2)
    hue = c.between(0, 360)
    _skyline(c, 0.76, 0.3, 0.55, hsv(hue, 0.15, 0.8), hsv(205, 0.25, 0.97), 0.9)
    _skyline(c, 0.8, 0.12, 0.28, hsv(hue + 40, 0.28, 0.85), (245, 250, 255), 0.9)
    c.gradient(hsv(230, 0.06, 0.72), hsv(230, 0.08, 0.58), top=0.79)
    c.box(0, 0.79, 1, 0.82, hsv(40, 0.08, 0.88))
    for i in range(4):
        c.box(0.05 + 0.27 * i, 0.9, 0.19 + 0.27 * i, 0.92, WHITE)


def city_night(c: Canvas) -> None:
    """A skyline with lit windows."""
    dark_sky(c)
    stars(c, 0.3, 16)
    moon(c, c.between(0.15, 0.85), 0.13, 0.06)
    hue = c.between(225, 275)
    _skyline(c, 0.8, 0.32, 0.56, hsv(hue, 0.5, 0.38), (255, 220, 130), 0.55)
    _skyline(c, 0.84, 0.14, 0.3, hsv(hue, 0.55, 0.24), (255, 235, 170), 0.55)
    c.gradient(hsv(hue, 0.5, 0.3), hsv(hue, 0.55, 0.16), top=0.83)
    for i in range(7):
        c.ellipse((i + c.between(0.2, 0.8)) / 7, c.between(0.87, 0.98), 0.06, 0.008, (255, 215, 140), 0.4)


def snow_village(c: Canvas) -> None:
    """Small houses with lit windows in the snow, at night."""
    hue = c.between(215, 245)
    c.gradient(hsv(hue, 0.7, 0.28), hsv(hue - 10, 0.5, 0.55))
    stars(c, 0.4, 16)
    peaks(c, 0.6, 0.25, hsv(hue, 0.35, 0.55), snow=True)
    ridge(c, 0.6, 0.03, hsv(hue, 0.15, 0.8))
    for x in (c.between(0.05, 0.14), c.between(0.26, 0.36), c.between(0.64, 0.74), c.between(0.86, 0.95)):
        foot = c.between(0.7, 0.76)
        c.box(x - 0.08, foot - 0.14, x + 0.08, foot, hsv(c.between(5, 35), 0.5, c.between(0.45, 0.65)))
        c.polygon([(x - 0.11, foot - 0.13), (x, foot - 0.25), (x + 0.11, foot - 0.13)], (246, 250, 255))
        c.glow(x, foot - 0.07, 0.05, (255, 220, 130), 0.6)
        for dx in (-0.035, 0.035):
            c.box(x + dx - 0.02, foot - 0.1, x + dx + 0.02, foot - 0.05, (255, 226, 140))
    ridge(c, 0.76, 0.02, (240, 246, 255))
    for _ in range(30):
        c.disc(c.between(0, 1), c.between(0, 1), c.between(0.005, 0.011), WHITE, 0.85)


def airport(c: Canvas) -> None:
    """The wing of a plane over clouds, through its window."""
    hue = c.between(195, 215)
    if c.chance(0.35):
        glowing_sky(c, 1.0, 265, 330, 380, 400)
    else:
        c.gradient(hsv(hue, 0.6, 0.88), hsv(hue, 0.15, 1.0))
    sun(c, c.between(0.55, 0.75), 0.25, 0.05)
    for _ in range(9):
        c.disc(c.between(0, 1), c.between(0.76, 0.95), c.between(0.08, 0.14), (250, 252, 255))
    wing = hsv(hue, 0.08, c.between(0.82, 0.95))
    c.polygon([(0.0, 0.72), (0.0, 0.56), (0.72, 0.44), (0.78, 0.34), (0.82, 0.35), (0.77, 0.48)], wing)
    c.polygon([(0.0, 0.72), (0.0, 0.66), (0.77, 0.46), (0.77, 0.48)], mix(wing, (60, 80, 120), 0.35))
    c.polygon([(0.72, 0.44), (0.78, 0.34), (0.82, 0.35), (0.77, 0.48)], hsv(c.between(0, 360), 0.65, 0.9))


def stage(c: Canvas) -> None:
    """Spotlights on a stage between curtains."""
    hue = c.pick([c.between(340, 375), c.between(210, 300), c.between(20, 45)])
    back, middle = c.between(0, 360), c.between(0.42, 0.58)
    c.gradient(hsv(back, 0.6, c.between(0.1, 0.2)), hsv(back, 0.55, c.between(0.25, 0.45)))
    light = hsv(c.between(25, 60) if c.chance(0.6) else c.between(0, 360), 0.18, 1.0)
    for x in (c.between(0.12, 0.26), 0.5, c.between(0.74, 0.88)):
        foot = middle + (x - 0.5) * 0.4
        c.polygon([(x - 0.025, 0), (x + 0.025, 0), (foot + 0.2, 0.82), (foot - 0.2, 0.82)], light, 0.22)
    wood = hsv(c.between(14, 40), c.between(0.4, 0.6), c.between(0.4, 0.65))
    c.gradient(wood, mix(wood, (20, 8, 10), 0.4), top=0.78)
    c.ellipse(middle, 0.86, 0.33, 0.075, light, 0.6)
    for side in (0, 1):
        for i in range(4):
            x = side + (1 - 2 * side) * 0.05 * i
            tint = hsv(hue, 0.75, 0.5 + 0.12 * (i % 2))
            c.polygon([(x - 0.035, 0), (x + 0.035, 0), (x + 0.035 + 0.01 * i, 0.9), (x - 0.035, 0.9)], tint)
    for i in range(7):
        c.disc((i + 0.5) / 7, 0.0, 0.085, hsv(hue, 0.75, 0.55))


def sports_pitch(c: Canvas) -> None:
    """A pitch with stands and floodlights."""
    night = c.chance(0.35)
    dark_sky(c, 0.5) if night else clear_sky(c, 0.5)
    hue = c.between(0, 360)
    c.box(0, 0.28, 1, 0.5, hsv(hue, 0.2, 0.5))
    for row in range(4):
        for i in range(20):
            c.disc(
                (i + 0.5 + 0.5 * (row % 2)) / 20,
                0.31 + 0.047 * row,
                0.017,
                hsv(hue + 137 * ((i * 7 + row * 3) % 8), 0.45, 0.9),
            )
    c.box(0, 0.48, 1, 0.53, hsv(hue + 180, 0.5, 0.85))
    green = c.between(100, 130)
    for i in range(5):
        top = 0.53 + 0.47 * (i / 5) ** 1.3
        c.box(0, top, 1, 1, hsv(green, 0.6, 0.7 if i % 2 else 0.62))
    c.line([(0.18, 0.56), (0.04, 1)], 0.012, WHITE)
    c.line([(0.82, 0.56), (0.96, 1)], 0.012, WHITE)
    c.line([(0.18, 0.56), (0.82, 0.56)], 0.01, WHITE)
    for x in (0.09, 0.91):
        c.line([(x, 0.5), (x, 0.1)], 0.014, (120, 125, 140))
        c.box(x - 0.06, 0.05, x + 0.06, 0.12, (255, 255, 235), 1, 0.01)
        c.glow(x, 0.085, 0.08, (255, 255, 230), 0.6)


def ballroom(c: Canvas) -> None:
    """A dance floor with a mirror ball."""
    hue = c.between(255, 330)
    c.gradient(hsv(hue, 0.7, 0.2), hsv(hue, 0.65, 0.42))
    rays(c, 0.5, 0.14, 12, hsv(hue + 40, 0.4, 1.0), 0.22)
    lights(c, 22, hue, 90)
    c.line([(0.5, 0), (0.5, 0.06)], 0.008, (200, 200, 220))
    c.disc(0.5, 0.14, 0.09, (190, 200, 225))
    for row in range(5):
        for column in range(5):
            x, y = 0.5 + 0.032 * (column - 2), 0.14 + 0.032 * (row - 2)
            if math.hypot(x - 0.5, y - 0.14) < 0.08:
                c.box(
                    x - 0.012,
                    y - 0.012,
                    x + 0.012,
                    y + 0.012,
                    hsv(hue + 80 * ((row + column) % 4), 0.25, c.between(0.75, 1)),
                )
    for row in range(4):
        top, bottom = 0.74 + 0.26 * (row / 4) ** 1.3, 0.74 + 0.26 * ((row + 1) / 4) ** 1.3
        for column in range(-4, 4):
            a, b = 0.14 * (1 + (top - 0.74) * 3), 0.14 * (1 + (bottom - 0.74) * 3)
            tile = hsv(hue + 70 * ((row + column) % 3), 0.55, 0.85 if (row + column) % 2 else 0.6)
            c.polygon(
                [
                    (0.5 + column * a, top),
                    (0.5 + (column + 1) * a, top),
                    (0.5 + (column + 1) * b, bottom),
                    (0.5 + column * b, bottom),
                ],
                tile,
            )
