"""Scenes of the country."""

from models.training.scenes.canvas import WHITE, Canvas, hsv, mix
from models.training.scenes.elements import (
    clear_sky,
    clouds,
    dark_sky,
    glowing_sky,
    peaks,
    ridge,
    stars,
    sun,
)
from models.training.scenes.things import conifer


def mountains(c: Canvas) -> None:
    """Snowy peaks over a valley."""
    clear_sky(c)
    clouds(c, 0.08, 0.22, 2)
    hue = c.between(215, 250)
    peaks(c, 0.74, c.between(0.42, 0.52), hsv(hue, 0.3, 0.72), snow=True)
    peaks(c, 0.8, 0.22, hsv(hue - 20, 0.35, 0.6), snow=False)
    green = c.between(95, 140)
    ridge(c, 0.74, 0.03, hsv(green, 0.45, 0.62))
    for x in (c.between(0, 0.12), c.between(0.15, 0.25), c.between(0.78, 0.86), c.between(0.9, 1)):
        conifer(c, x, c.between(0.84, 0.9), c.between(0.16, 0.24), hsv(green + 20, 0.5, 0.4))
    ridge(c, 0.87, 0.03, hsv(green - 8, 0.55, 0.7))


def forest(c: Canvas) -> None:
    """A clearing between trees."""
    hue = c.between(90, 145)
    c.gradient(hsv(hue - 20, 0.25, 0.98), hsv(hue, 0.35, 0.85))
    c.glow(0.5, 0.35, 0.25, (255, 252, 215), 0.7)
    for row in range(3):
        colour = hsv(hue + 5 * row, 0.4 + 0.1 * row, 0.72 - 0.13 * row)
        for i in range(6 - row):
            x = (i + c.between(0.2, 0.8)) / (6 - row)
            if abs(x - 0.5) > 0.12 * row + 0.05:
                half = 0.018 + 0.012 * row
                c.box(
                    x - half, 0, x + half, 0.72 + 0.06 * row, mix((120, 85, 60), colour, 0.45 - 0.15 * row)
                )
        for _ in range(9):
            c.disc(c.between(0, 1), c.between(-0.02, 0.12) - 0.02 * row, c.between(0.08, 0.13), colour)
        ridge(c, 0.72 + 0.08 * row, 0.025, hsv(hue - 5 + 4 * row, 0.5, 0.72 - 0.1 * row))


def desert(c: Canvas) -> None:
    """Dunes and cacti."""
    hue = c.between(22, 42)
    c.gradient(hsv(hue + 160, 0.35, 0.92), hsv(hue, 0.25, 1.0))
    sun(c, c.between(0.2, 0.8), c.between(0.14, 0.25), 0.085, (255, 225, 140))
    ridge(c, 0.56, 0.06, hsv(hue, 0.42, 0.95), 1.0)
    ridge(c, 0.68, 0.05, hsv(hue - 4, 0.52, 0.9), 1.0)
    for x in (c.between(0.05, 0.22), c.between(0.78, 0.95))[: c.whole(1, 2)]:
        foot, height, green = 0.82, c.between(0.26, 0.36), hsv(c.between(120, 150), 0.5, 0.5)
        c.line([(x, foot), (x, foot - height)], 0.05, green)
        c.disc(x, foot - height, 0.025, green)
        for way, at in ((-1, 0.45), (1, 0.6)):
            arm = [
                (x, foot - at * height),
                (x + 0.07 * way, foot - at * height),
                (x + 0.07 * way, foot - (at + 0.28) * height),
            ]
            c.line(arm, 0.034, green)
            c.disc(*arm[2], 0.017, green)
    ridge(c, 0.82, 0.04, hsv(hue - 8, 0.55, 0.82), 1.0)


def road(c: Canvas) -> None:
    """A road to the horizon."""
    horizon = c.between(0.48, 0.56)
    if c.chance(0.35):
        glowing_sky(c, 1.0, c.between(260, 290), 340, 385, 400)
    else:
        clear_sky(c)
    clouds(c, 0.08, 0.28, 2)
    peaks(c, horizon + 0.02, 0.18, hsv(c.between(210, 270), 0.3, 0.7), snow=False)
    hue = c.between(45, 120)
    c.gradient(hsv(hue, 0.45, 0.8), hsv(hue, 0.55, 0.62), top=horizon)
    x, grey = c.between(0.42, 0.58), c.between(0.35, 0.5)
    c.polygon([(x - 0.015, horizon), (x + 0.015, horizon), (0.98, 1), (0.02, 1)], hsv(230, 0.12, grey))
    for i in range(6):
        near, far = (i + 0.55) ** 2 / 36, i**2 / 36
        ends = [(x + (0.5 - x) * s, horizon + (1 - horizon) * s, 0.004 + 0.022 * s) for s in (far, near)]
        c.polygon(
            [
                (ends[0][0] - ends[0][2], ends[0][1]),
                (ends[0][0] + ends[0][2], ends[0][1]),
                (ends[1][0] + ends[1][2], ends[1][1]),
                (ends[1][0] - ends[1][2], ends[1][1]),
            ],
            (255, 235, 150),
        )


def campfire(c: Canvas) -> None:
    """A tent and a fire under the stars."""
    dark_sky(c)
    stars(c, 0.55, 35)
    hue = c.between(190, 250)
    for i in range(8):
        conifer(c, (i + c.between(0.1, 0.9)) / 8, 0.72, c.between(0.24, 0.36), hsv(hue, 0.5, 0.22))
    c.gradient(hsv(hue - 60, 0.4, 0.32), hsv(hue - 60, 0.45, 0.2), top=0.7)
    side = c.pick([-1, 1])
    x, colour = 0.5 - 0.27 * side, hsv(c.between(0, 60), 0.65, 0.9)
    c.polygon([(x - 0.2, 0.84), (x, 0.53), (x + 0.2, 0.84)], colour)
    c.polygon([(x - 0.06, 0.84), (x, 0.6), (x + 0.06, 0.84)], mix(colour, (30, 10, 30), 0.55))
    x = 0.5 + 0.3 * side
    c.glow(x, 0.8, 0.17, (255, 170, 70), 0.75)
    for width, height, tint in (
        (0.07, 0.19, (240, 110, 40)),
        (0.045, 0.13, (255, 180, 60)),
        (0.025, 0.07, (255, 240, 160)),
    ):
        c.polygon(
            [
                (x - width, 0.86),
                (x - 0.7 * width, 0.86 - 0.5 * height),
                (x, 0.86 - height),
                (x + 0.7 * width, 0.86 - 0.5 * height),
                (x + width, 0.86),
            ],
            tint,
        )
    c.line([(x - 0.09, 0.88), (x + 0.09, 0.85)], 0.026, (110, 70, 45))
    c.line([(x - 0.09, 0.85), (x + 0.09, 0.88)], 0.026, (90, 58, 40))


def farm(c: Canvas) -> None:
    """Fields and a red barn."""
    clear_sky(c)
    clouds(c, 0.1, 0.3, 3)
    hue = c.between(45, 70)
    ridge(c, 0.58, 0.03, hsv(hue + 50, 0.4, 0.75))
    x = c.pick([c.between(0.1, 0.24), c.between(0.76, 0.9)])
    c.box(x - 0.11, 0.46, x + 0.11, 0.64, hsv(c.between(0, 12), 0.7, 0.75))
    c.polygon([(x - 0.14, 0.47), (x - 0.07, 0.37), (x + 0.07, 0.37), (x + 0.14, 0.47)], (120, 70, 65))
    c.box(x - 0.04, 0.52, x + 0.04, 0.64, WHITE)
    c.box(x - 0.03, 0.53, x + 0.03, 0.64, hsv(5, 0.7, 0.6))
    c.gradient(hsv(hue, 0.5, 0.92), hsv(hue - 8, 0.6, 0.8), top=0.63)
    for i in range(-6, 7):
        c.line([(0.5 + 0.06 * i, 0.63), (0.5 + 0.25 * i, 1)], 0.012, hsv(hue - 10, 0.6, 0.68), 0.7)
