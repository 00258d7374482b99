"""Scenes of occasions."""

import math

from models.training.scenes.canvas import WHITE, Canvas, hsv
from models.training.scenes.elements import clear_sky, clouds, dark_sky, floor, lights, rays, ridge
from models.training.scenes.things import balloon, bunting, confetti, conifer, star_points


def birthday_room(c: Canvas) -> None:
    """A room with bunting, balloons and confetti."""
    wall, hue = c.between(0, 360), c.between(0, 360)
    c.gradient(hsv(wall, 0.22, 1.0), hsv(wall, 0.32, 0.95))
    floor(c, 0.78, hsv(c.between(22, 36), 0.4, 0.82))
    bunting(c, c.between(0.02, 0.06), c.between(0.06, 0.11), hue)
    for x in (c.between(0.06, 0.12), c.between(0.18, 0.25), c.between(0.76, 0.82), c.between(0.88, 0.94)):
        balloon(
            c, x, c.between(0.3, 0.52), c.between(0.075, 0.1), hsv(hue + 72 * c.whole(0, 4), 0.62, 0.98)
        )
    confetti(c, 36, hue)


def balloons(c: Canvas) -> None:
    """Balloons that rise into the sky."""
    clear_sky(c)
    clouds(c, 0.2, 0.9, 3)
    hue = c.between(0, 360)
    for _ in range(10):
        x, y = c.between(0.04, 0.96), c.between(0.06, 0.75)
        balloon(c, x, y, c.between(0.06, 0.1), hsv(hue + 60 * c.whole(0, 5), 0.58, 1.0))


def confetti_party(c: Canvas) -> None:
    """Confetti and streamers everywhere."""
    hue = c.between(0, 360)
    c.gradient(hsv(hue, 0.5, 0.98), hsv(hue + 40, 0.55, 0.9))
    c.glow(0.5, 0.5, 0.28, WHITE, 0.55)
    for _ in range(5):
        x, phase, tint = c.between(0, 1), c.between(0, 6), hsv(c.between(0, 360), 0.6, 1.0)
        c.line([(x + 0.035 * math.sin(phase + 3 * t), -0.02 + 0.07 * t) for t in range(8)], 0.014, tint)
    confetti(c, 90, hue + 30)


def fireworks(c: Canvas) -> None:
    """Fireworks over a dark town."""
    dark_sky(c)
    for _ in range(c.whole(4, 5)):
        x, y, reach, hue = c.between(0.1, 0.9), c.between(0.1, 0.5), c.between(0.12, 0.2), c.between(0, 360)
        c.glow(x, y, 0.6 * reach, hsv(hue, 0.5, 1.0), 0.5)
        count = c.whole(12, 16)
        for i in range(count):
            a = 2 * math.pi * i / count
            tip = (x + reach * math.cos(a), y + reach * math.sin(a) + 0.02)
            c.line(
                [(x + 0.3 * reach * math.cos(a), y + 0.3 * reach * math.sin(a)), tip],
                0.01,
                hsv(hue, 0.5, 1.0),
            )
            c.disc(*tip, 0.011, hsv(hue + 30, 0.25, 1.0))
    x = -0.02
    while x < 1:
        width = c.between(0.07, 0.13)
        c.box(x, c.between(0.76, 0.88), x + width, 1, hsv(245, 0.55, 0.13))
        x += width


def gold_award(c: Canvas) -> None:
    """Golden rays, stars and laurels for a winner."""
    hue = c.between(38, 50)
    c.gradient(hsv(hue, 0.5, 1.0), hsv(hue - 8, 0.75, 0.92))
    rays(c, 0.5, 0.5, c.whole(12, 18), (255, 250, 215), 0.5)
    for _ in range(13):
        c.polygon(
            star_points(c.between(0, 1), c.between(0, 1), c.between(0.025, 0.055), c.between(0, 1)),
            (255, 250, 220),
            0.9,
        )
    for side in (-1, 1):
        for i in range(7):
            a = math.pi * (0.5 + side * (0.12 + 0.1 * i))
            x, y = 0.5 + 0.44 * math.cos(a), 0.52 + 0.44 * math.sin(a)
            c.ellipse(x, y, 0.036, 0.024, hsv(hue + 25, 0.55, 0.72))


def christmas(c: Canvas) -> None:
    """A decorated tree, presents and snow at the window."""
    hue = c.pick([c.between(350, 368), c.between(140, 165), c.between(205, 225)])
    c.gradient(hsv(hue, 0.65, 0.5), hsv(hue, 0.6, 0.72))
    lights(c, 12, 45, 12)
    floor(c, 0.8, hsv(25, 0.5, 0.6))
    x = c.pick([c.between(0.16, 0.24), c.between(0.76, 0.84)])
    conifer(c, x, 0.88, 0.74, hsv(c.between(135, 155), 0.6, 0.45))
    for _ in range(16):
        y = c.between(0.3, 0.78)
        half = 0.3 * (y - 0.2) * 0.8
        c.disc(x + c.between(-half, half), y, 0.016, hsv(c.pick([0, 45, 205, 50]), 0.65, 1.0))
    c.polygon(star_points(x, 0.14, 0.055), (255, 220, 100))
    for i in range(3):
        gx, size = 1 - x + 0.14 * (i - 1), c.between(0.055, 0.075)
        tint = hsv(c.pick([0, 45, 150, 210, 290]), 0.6, 0.9)
        c.box(gx - size, 0.92 - 1.7 * size, gx + size, 0.92, tint, 1, 0.008)
        c.box(gx - 0.012, 0.92 - 1.7 * size, gx + 0.012, 0.92, (255, 246, 220))
        c.box(gx - size, 0.92 - size, gx + size, 0.92 - size + 0.02, (255, 246, 220))


def spooky(c: Canvas) -> None:
    """A big moon, bats, a haunted house and pumpkins."""
    hue = c.pick([c.between(260, 290), c.between(20, 32)])
    c.gradient(hsv(hue, 0.75, 0.2), hsv(hue, 0.7, 0.6))
    x = c.between(0.3, 0.7)
    c.glow(x, 0.3, 0.25, (255, 235, 170), 0.5)
    c.disc(x, 0.3, 0.17, (255, 240, 190))
    for _ in range(5):
        bx, by, s = c.between(0.1, 0.9), c.between(0.1, 0.5), c.between(0.03, 0.05)
        c.polygon(
            [
                (bx - 2 * s, by - 0.7 * s),
                (bx - 0.7 * s, by - 0.3 * s),
                (bx, by - 0.5 * s),
                (bx + 0.7 * s, by - 0.3 * s),
                (bx + 2 * s, by - 0.7 * s),
                (bx + 0.9 * s, by + 0.5 * s),
                (bx, by + 0.3 * s),
                (bx - 0.9 * s, by + 0.5 * s),
            ],
            (25, 15, 35),
        )
    side = c.pick([0.16, 0.84])
    c.box(side - 0.11, 0.48, side + 0.11, 0.8, (28, 18, 42))
    c.polygon([(side - 0.14, 0.49), (side, 0.3), (side + 0.14, 0.49)], (28, 18, 42))
    for dx, dy in ((-0.05, 0.54), (0.05, 0.54), (0, 0.66)):
        c.box(side + dx - 0.022, dy, side + dx + 0.022, dy + 0.06, (255, 205, 90))
    ridge(c, 0.78, 0.03, (30, 20, 40))
    for _ in range(4):
        px, py = c.between(0.05, 0.95), c.between(0.86, 0.94)
        c.ellipse(px, py, 0.06, 0.045, (235, 125, 35))
        c.ellipse(px, py, 0.025, 0.045, (250, 150, 55))
        c.box(px - 0.008, py - 0.06, px + 0.008, py - 0.035, (90, 120, 50))
