"""Scenes indoors."""

import math

from models.training.scenes.canvas import WHITE, Canvas, hsv, mix
from models.training.scenes.elements import floor, lights


def cosy_room(c: Canvas) -> None:
    """A window, a lamp, a plant and a sofa."""
    wall = c.between(15, 55) if c.chance(0.6) else c.between(140, 330)
    c.gradient(hsv(wall, 0.28, 0.97), hsv(wall, 0.34, 0.9), bottom=0.76)
    side = c.pick([-1, 1])
    x, night = 0.5 - 0.22 * side, c.chance(0.5)
    c.box(x - 0.19, 0.1, x + 0.19, 0.5, WHITE, 1, 0.01)
    c.box(x - 0.17, 0.12, x + 0.17, 0.48, hsv(230, 0.55, 0.4) if night else hsv(200, 0.3, 1.0))
    c.box(x - 0.012, 0.12, x + 0.012, 0.48, WHITE)
    c.box(x - 0.17, 0.29, x + 0.17, 0.31, WHITE)
    floor(c, 0.76, hsv(c.between(22, 34), 0.45, 0.72))
    sofa = hsv(c.between(0, 360), 0.4, 0.78)
    c.box(0.5 - 0.34, 0.56, 0.5 + 0.34, 0.8, mix(sofa, (40, 20, 50), 0.15), 1, 0.05)
    c.box(0.5 - 0.39, 0.64, 0.5 + 0.39, 0.84, sofa, 1, 0.04)
    x = 0.5 + 0.38 * side
    c.glow(x, 0.36, 0.18, (255, 235, 170), 0.7)
    c.line([(x, 0.84), (x, 0.36)], 0.012, (110, 85, 70))
    c.polygon([(x - 0.09, 0.4), (x - 0.055, 0.27), (x + 0.055, 0.27), (x + 0.09, 0.4)], (255, 244, 205))


def bedroom(c: Canvas) -> None:
    """A bed at night under a string of lights."""
    hue = c.between(220, 290)
    c.gradient(hsv(hue, 0.45, 0.45), hsv(hue, 0.4, 0.58))
    x = c.pick([0.22, 0.78])
    c.box(x - 0.13, 0.14, x + 0.13, 0.44, hsv(hue, 0.2, 0.9), 1, 0.01)
    c.box(x - 0.11, 0.16, x + 0.11, 0.42, hsv(235, 0.7, 0.25))
    c.disc(x + 0.03, 0.24, 0.035, (255, 246, 215))
    for i in range(10):
        at = (i + 0.5) / 10
        y = 0.05 + 0.16 * at * (1 - at)
        c.glow(at, y, 0.03, (255, 220, 140), 0.7)
        c.disc(at, y, 0.011, (255, 245, 205))
    cover = hsv(c.between(0, 360), 0.38, 0.88)
    c.box(0.06, 0.5, 0.94, 0.8, hsv(25, 0.45, 0.5), 1, 0.04)
    for at in (0.27, 0.73):
        c.box(at - 0.17, 0.58, at + 0.17, 0.74, (250, 246, 240), 1, 0.05)
    c.box(0.04, 0.7, 0.96, 1.05, cover, 1, 0.06)
    c.box(0.04, 0.72, 0.96, 0.79, mix(cover, WHITE, 0.5), 1, 0.03)


def office(c: Canvas) -> None:
    """A desk with a screen, papers and a window."""
    hue = c.between(180, 230)
    c.gradient(hsv(hue, 0.1, 0.95), hsv(hue, 0.14, 0.88))
    for i in range(3):
        c.box(0.04 + 0.33 * i, 0.06, 0.3 + 0.33 * i, 0.42, hsv(hue, 0.35, 1.0))
        c.polygon(
            [
                (0.1 + 0.33 * i, 0.42),
                (0.2 + 0.33 * i, 0.06),
                (0.26 + 0.33 * i, 0.06),
                (0.16 + 0.33 * i, 0.42),
            ],
            WHITE,
            0.45,
        )
    wood = hsv(c.between(20, 36), 0.4, c.between(0.6, 0.85))
    c.gradient(mix(wood, WHITE, 0.15), mix(wood, (50, 20, 10), 0.12), top=0.76)
    side = c.pick([-1, 1])
    x = 0.5 + 0.26 * side
    c.box(x - 0.19, 0.42, x + 0.19, 0.69, (60, 66, 84), 1, 0.02)
    c.box(x - 0.17, 0.44, x + 0.17, 0.67, hsv(hue + 10, 0.5, 0.85))
    for i in range(4):
        c.box(x - 0.14, 0.475 + 0.045 * i, x - 0.14 + c.between(0.1, 0.25), 0.49 + 0.045 * i, WHITE, 0.75)
    c.box(x - 0.03, 0.69, x + 0.03, 0.77, (80, 86, 104))
    c.box(x - 0.1, 0.76, x + 0.1, 0.785, (80, 86, 104), 1, 0.01)
    for i, height in enumerate((0.2, 0.25, 0.18, 0.23)):
        left = 0.5 - 0.4 * side + 0.055 * (i - 2)
        c.box(left, 0.78 - height, left + 0.05, 0.78, hsv(c.between(0, 360), 0.5, 0.8))


def kitchen(c: Canvas) -> None:
    """A table with a cloth in front of tiles and shelves."""
    hue = c.between(0, 360)
    c.gradient(hsv(hue, 0.16, 0.97), hsv(hue, 0.2, 0.92))
    for row in range(5):
        c.line([(0, 0.12 * row + 0.06), (1, 0.12 * row + 0.06)], 0.006, WHITE, 0.8)
    for column in range(8):
        c.line([(column / 7, 0.06), (column / 7, 0.56)], 0.006, WHITE, 0.8)
    for y, left in ((0.24, 0.04), (0.24, 0.64)):
        c.box(left, y, left + 0.32, y + 0.022, (170, 115, 75))
        for i in range(3):
            x, tint = left + 0.06 + 0.1 * i, hsv(hue + c.between(60, 300), 0.45, 0.92)
            c.box(x - 0.034, y - c.between(0.08, 0.13), x + 0.034, y, tint, 1, 0.014)
    cloth = hsv(c.pick([0, 20, 45, 150, 200, 345]), 0.55, 0.92)
    c.gradient(mix(cloth, WHITE, 0.1), cloth, top=0.66)
    for i in range(-5, 6):
        c.polygon(
            [(0.5 + 0.12 * i, 0.66), (0.56 + 0.12 * i, 0.66), (0.59 + 0.21 * i, 1), (0.485 + 0.21 * i, 1)],
            WHITE,
            0.45,
        )
    for y in (0.71, 0.8, 0.92):
        c.box(0, y, 1, y + 0.2 * (y - 0.5), WHITE, 0.35)


def cafe(c: Canvas) -> None:
    """A counter under hanging lamps, warm and out of focus."""
    hue = c.between(18, 36)
    c.gradient(hsv(hue, 0.5, 0.42), hsv(hue, 0.45, 0.62))
    lights(c, 14, hue + 10, 14)
    c.blur(0.012)
    for x in (0.18, 0.5, 0.82):
        low = c.between(0.14, 0.22)
        c.line([(x, 0), (x, low)], 0.008, (50, 34, 28))
        c.glow(x, low + 0.07, 0.09, (255, 220, 150), 0.85)
        c.polygon(
            [
                (x - 0.075, low + 0.06),
                (x - 0.03, low - 0.01),
                (x + 0.03, low - 0.01),
                (x + 0.075, low + 0.06),
            ],
            hsv(c.between(0, 360), 0.35, 0.45),
        )
    wood = hsv(hue, 0.55, 0.55)
    c.gradient(mix(wood, WHITE, 0.2), mix(wood, (30, 10, 0), 0.2), top=0.7)
    c.box(0, 0.69, 1, 0.725, mix(wood, WHITE, 0.35))


def classroom(c: Canvas) -> None:
    """A blackboard with chalk drawings."""
    board, wall = c.between(130, 235), c.between(0, 360)
    c.gradient(hsv(wall, 0.22, 0.97), hsv(wall, 0.3, 0.9))
    c.box(0.05, 0.07, 0.95, 0.72, hsv(28, 0.5, 0.62), 1, 0.01)
    c.box(0.08, 0.1, 0.92, 0.69, hsv(board, 0.4, c.between(0.28, 0.44)))
    for x, y in ((0.2, 0.2), (0.8, 0.22), (0.18, 0.5), (0.82, 0.52)):
        kind = c.whole(0, 3)
        if kind == 0:
            c.line(
                [(x - 0.06, y + 0.05), (x, y - 0.06), (x + 0.06, y + 0.05), (x - 0.06, y + 0.05)],
                0.01,
                WHITE,
                0.85,
            )
        elif kind == 1:
            for i in range(3):
                c.line(
                    [(x - 0.07, y - 0.04 + 0.04 * i), (x + c.between(0, 0.08), y - 0.04 + 0.04 * i)],
                    0.01,
                    WHITE,
                    0.8,
                )
        elif kind == 2:
            c.line(
                [(x + 0.05 * math.cos(a / 3), y + 0.05 * math.sin(a / 3)) for a in range(20)],
                0.01,
                WHITE,
                0.85,
            )
        else:
            c.line([(x - 0.05, y), (x + 0.05, y)], 0.012, WHITE, 0.85)
            c.line([(x, y - 0.05), (x, y + 0.05)], 0.012, WHITE, 0.85)
    c.gradient(hsv(30, 0.4, 0.82), hsv(28, 0.5, 0.68), top=0.82)
    for i in range(3):
        c.box(
            0.08 + 0.03 * i,
            0.83 - 0.045 * (i + 1),
            0.3,
            0.83 - 0.045 * i,
            hsv(c.between(0, 360), 0.5, 0.85),
            1,
            0.01,
        )
    c.disc(0.84, 0.79, 0.045, (225, 70, 60))


def library(c: Canvas) -> None:
    """Shelves full of books."""
    wood = hsv(c.between(18, 32), 0.55, c.between(0.4, 0.6))
    c.gradient(mix(wood, (20, 8, 0), 0.4), mix(wood, (20, 8, 0), 0.3))
    hue = c.between(0, 360)
    for row in range(4):
        foot = 0.2 + 0.2 * row
        x = 0.02
        while x < 0.96:
            width, height = c.between(0.03, 0.055), c.between(0.11, 0.165)
            c.box(
                x,
                foot - height,
                x + width - 0.006,
                foot,
                hsv(hue + c.pick([0, 30, 60, 180, 210]), 0.45, c.between(0.6, 0.9)),
            )
            x += width
        c.box(0, foot, 1, foot + 0.025, mix(wood, WHITE, 0.12))
    c.glow(0.5, 0.5, 0.3, (255, 230, 180), 0.4)
    floor(c, 0.84, mix(wood, WHITE, 0.2))
