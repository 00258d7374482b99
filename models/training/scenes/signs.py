"""Scenes of what words are about: questions, money, music."""

import math

from models.training.scenes.canvas import WHITE, Canvas, hsv, mix
from models.training.scenes.elements import rays
from models.training.scenes.things import heart_points, star_points


def doodle_paper(c: Canvas) -> None:
    """A page with pencil doodles around the edge."""
    paper = hsv(c.between(35, 60), c.between(0.03, 0.14), 0.99)
    c.gradient(paper, mix(paper, (225, 215, 200), 0.3))
    for i in range(10):
        c.line([(0, 0.1 * i + 0.05), (1, 0.1 * i + 0.05)], 0.004, (160, 195, 225), 0.6)
    hue = c.between(0, 360)
    for i in range(12):
        a = 2 * math.pi * (i + c.between(-0.2, 0.2)) / 12
        x, y = 0.5 + 0.42 * math.cos(a), 0.5 + 0.42 * math.sin(a)
        tint, size = hsv(hue + c.pick([0, 120, 200, 280]), 0.55, 0.8), c.between(0.035, 0.05)
        kind = c.whole(0, 3)
        outline = (
            star_points(x, y, size, c.between(0, 1))
            if kind == 0
            else heart_points(x, y, 0.85 * size)
            if kind == 1
            else [(x + size * math.cos(t / 2), y + size * math.sin(t / 2)) for t in range(13)]
            if kind == 2
            else [(x - size + 0.4 * size * t, y + 0.4 * size * (-1) ** t) for t in range(6)]
        )
        c.line([*outline, outline[0]] if kind < 2 else outline, 0.012, tint)


def question_marks(c: Canvas) -> None:
    """Question marks that float in thought."""
    hue = c.between(180, 300)
    c.gradient(hsv(hue, 0.25, 0.98), hsv(hue + 20, 0.42, 0.88))
    for _ in range(9):
        x, y, size = c.between(0.05, 0.95), c.between(0.05, 0.95), c.between(0.04, 0.075)
        tint = hsv(hue + c.between(-30, 30), c.between(0.3, 0.6), c.pick([0.55, 1.0]))
        arc = [
            (x + size * 0.7 * math.sin(t), y - size * 0.6 - size * 0.7 * math.cos(t))
            for t in (-1.5, -0.9, -0.3, 0.3, 0.9, 1.5, 2.1, 2.7)
        ]
        c.line([*arc, (x, y + 0.35 * size)], 0.3 * size, tint)
        c.disc(x, y + 0.85 * size, 0.2 * size, tint)


def money(c: Canvas) -> None:
    """Notes and coins that rain."""
    hue = c.between(110, 160)
    c.gradient(hsv(hue, 0.3, 0.95), hsv(hue, 0.5, 0.7))
    rays(c, 0.5, 0.5, 12, WHITE, 0.25)
    for _ in range(8):
        x, y, a = c.between(0, 1), c.between(0, 1), c.between(-0.6, 0.6)
        dx, dy = (0.09 * math.cos(a), 0.09 * math.sin(a)), (-0.045 * math.sin(a), 0.045 * math.cos(a))
        for share, tint in ((1.0, hsv(hue, 0.5, 0.55)), (0.82, hsv(hue, 0.35, 0.85))):
            c.polygon(
                [
                    (x + share * (i * dx[0] + j * dy[0]), y + share * (i * dx[1] + j * dy[1]))
                    for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
                ],
                tint,
            )
        c.disc(x, y, 0.022, hsv(hue, 0.5, 0.55))
    for _ in range(12):
        x, y = c.between(0, 1), c.between(0, 1)
        c.disc(x, y, 0.032, (225, 165, 45))
        c.disc(x, y, 0.024, (255, 210, 90))


def music(c: Canvas) -> None:
    """Notes on waving staves."""
    hue = c.between(0, 360)
    c.gradient(hsv(hue, 0.35, 0.98), hsv(hue + 50, 0.45, 0.9))
    phase = c.between(0, 6)

    def height(x: float) -> float:
        return 0.45 + 0.1 * math.sin(phase + 5 * x)

    for i in range(5):
        c.line([(x / 24, height(x / 24) + 0.05 * (i - 2)) for x in range(25)], 0.007, WHITE, 0.85)
    for i in range(8):
        x = (i + c.between(0.3, 0.7)) / 8
        y, tint = height(x) + 0.05 * c.whole(-5, 5), hsv(hue + 200, 0.6, c.between(0.35, 0.6))
        c.ellipse(x, y, 0.032, 0.025, tint)
        c.line([(x + 0.028, y), (x + 0.028, y - 0.14)], 0.01, tint)
        if c.chance(0.6):
            c.line([(x + 0.028, y - 0.14), (x + 0.075, y - 0.09)], 0.02, tint)


def healing(c: Canvas) -> None:
    """Soft crosses and hearts for getting well."""
    hue = c.between(160, 205)
    c.gradient(hsv(hue, 0.12, 1.0), hsv(hue, 0.28, 0.93))
    for _ in range(9):
        x, y, size = c.between(0, 1), c.between(0, 1), c.between(0.035, 0.06)
        tint = c.pick([WHITE, hsv(hue, 0.3, 0.85), hsv(350, 0.35, 1.0)])
        if c.chance(0.6):
            c.box(x - size, y - size / 3, x + size, y + size / 3, tint, 0.9, 0.01)
            c.box(x - size / 3, y - size, x + size / 3, y + size, tint, 0.9, 0.01)
        else:
            c.polygon(heart_points(x, y, size), hsv(350, 0.4, 1.0), 0.85)
    points = [
        (0, 0.6),
        (0.3, 0.6),
        (0.36, 0.5),
        (0.42, 0.7),
        (0.5, 0.42),
        (0.57, 0.68),
        (0.62, 0.6),
        (1, 0.6),
    ]
    c.line(points, 0.014, hsv(350, 0.5, 1.0), 0.7)


def digital(c: Canvas) -> None:
    """Glowing grid and circuits."""
    hue = c.between(170, 310)
    c.gradient(hsv(hue, 0.75, 0.14), hsv(hue + 20, 0.7, 0.35))
    c.glow(0.5, 0.55, 0.22, hsv(hue + 40, 0.6, 1.0), 0.5)
    for i in range(8):
        y = 0.58 + 0.42 * (i / 8) ** 1.6
        c.line([(0, y), (1, y)], 0.007, hsv(hue + 30, 0.5, 1.0), 0.8)
    for i in range(-8, 9):
        c.line([(0.5 + 0.06 * i, 0.58), (0.5 + 0.25 * i, 1)], 0.006, hsv(hue + 30, 0.5, 1.0), 0.8)
    for _ in range(9):
        x, y, length = c.between(0, 1), c.between(0.05, 0.5), c.between(0.08, 0.2)
        c.line(
            [(x, y), (x + length, y), (x + length + 0.05, y - 0.05)], 0.008, hsv(hue + 40, 0.4, 1.0), 0.7
        )
        c.disc(x, y, 0.014, hsv(hue + 40, 0.3, 1.0))
