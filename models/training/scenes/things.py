"""What stands in scenes: trees, flowers, balloons, stars, hearts."""

import math

from models.training.scenes.canvas import WHITE, Canvas, Point, Rgb, hsv, mix


def star_points(x: float, y: float, radius: float, turn: float = 0.0, inner: float = 0.45) -> list[Point]:
    """The outline of a star with five points."""
    return [
        (
            x + radius * (inner if i % 2 else 1.0) * math.sin(turn + i * math.pi / 5),
            y - radius * (inner if i % 2 else 1.0) * math.cos(turn + i * math.pi / 5),
        )
        for i in range(10)
    ]


def heart_points(x: float, y: float, size: float, turn: float = 0.0) -> list[Point]:
    """The outline of a heart, `size` half its width."""
    points = []
    for i in range(48):
        a = 2 * math.pi * i / 48
        across = math.sin(a) ** 3
        up = (13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)) / 16
        points.append(
            (
                x + size * (across * math.cos(turn) + up * math.sin(turn)),
                y - size * (up * math.cos(turn) - across * math.sin(turn)),
            )
        )
    return points


def conifer(c: Canvas, x: float, foot: float, height: float, colour: Rgb, snow: bool = False) -> None:
    """A fir of three tiers."""
    c.box(x - 0.03 * height, foot - 0.14 * height, x + 0.03 * height, foot, (96, 68, 52))
    for tier in range(3):
        bottom, half = foot - (0.1 + 0.27 * tier) * height, (0.27 - 0.06 * tier) * height
        c.polygon(
            [(x - half, bottom), (x, bottom - 0.42 * height), (x + half, bottom)],
            mix(colour, WHITE, 0.05 * tier),
        )
        if snow:
            c.polygon(
                [
                    (x - 0.45 * half, bottom - 0.23 * height),
                    (x, bottom - 0.42 * height),
                    (x + 0.45 * half, bottom - 0.23 * height),
                ],
                (245, 250, 255),
            )


def round_tree(c: Canvas, x: float, foot: float, height: float, colour: Rgb) -> None:
    """A trunk with a round crown, lit from above."""
    c.box(x - 0.045 * height, foot - 0.45 * height, x + 0.045 * height, foot, (110, 78, 58))
    for dx, dy, share in ((-0.2, 0.6, 0.23), (0.2, 0.6, 0.23), (0, 0.74, 0.28)):
        c.disc(x + dx * height, foot - dy * height, share * height, colour)
    c.disc(x - 0.06 * height, foot - 0.8 * height, 0.15 * height, mix(colour, WHITE, 0.22))


def palm(c: Canvas, x: float, foot: float, height: float, lean: float) -> None:
    """A leaning palm."""
    top = (x + lean, foot - height)
    trunk = [(x + lean * s * s, foot - height * s) for s in (0, 0.2, 0.4, 0.6, 0.8, 1)]
    c.line(trunk, 0.05 * height + 0.008, (140, 100, 66))
    green = hsv(c.between(110, 150), 0.6, c.between(0.45, 0.65))
    for angle in (-0.3, 0.35, 1.0, 2.1, 2.8, 3.4):
        reach = 0.42 * height
        tip = (top[0] + reach * math.cos(angle), top[1] - 0.6 * reach * math.sin(angle) + 0.3 * reach)
        bow = ((top[0] + tip[0]) / 2, min(top[1], tip[1]) - 0.15 * reach)
        c.polygon([top, bow, tip, ((top[0] + tip[0]) / 2, (top[1] + bow[1]) / 2 + 0.06 * reach)], green)


def flower(c: Canvas, x: float, y: float, size: float, colour: Rgb) -> None:
    """Five petals around an eye."""
    turn = c.between(0, 1.2)
    for i in range(5):
        a = turn + i * 2 * math.pi / 5
        c.disc(x + 0.6 * size * math.cos(a), y + 0.6 * size * math.sin(a), 0.48 * size, colour)
    c.disc(x, y, 0.36 * size, (255, 214, 90))


def balloon(c: Canvas, x: float, y: float, size: float, colour: Rgb) -> None:
    """A balloon on a string."""
    c.line(
        [(x, y + size), (x + 0.15 * size, y + 2 * size), (x - 0.1 * size, y + 3.2 * size)],
        0.006,
        (250, 250, 250),
        0.8,
    )
    c.polygon(
        [(x - 0.16 * size, y + 1.25 * size), (x, y + 0.95 * size), (x + 0.16 * size, y + 1.25 * size)],
        colour,
    )
    c.ellipse(x, y, 0.85 * size, 1.05 * size, colour)
    c.ellipse(x - 0.3 * size, y - 0.4 * size, 0.2 * size, 0.28 * size, WHITE, 0.5)


def bunting(c: Canvas, y: float, sag: float, hue: float) -> None:
    """Flags on a cord across the picture."""
    count = c.whole(7, 9)
    cord = [(i / 32, y + sag * 4 * (i / 32) * (1 - i / 32)) for i in range(33)]
    c.line(cord, 0.008, (255, 252, 240))
    for i in range(count):
        left, right = (i + 0.12) / count, (i + 0.88) / count
        heights = [y + sag * 4 * x * (1 - x) for x in (left, right)]
        colour = hsv(hue + 360 * ((i * 2) % 5) / 5, 0.6, 1.0)
        c.polygon(
            [(left, heights[0]), (right, heights[1]), ((left + right) / 2, max(heights) + 0.11)], colour
        )


def confetti(c: Canvas, count: int, hue: float, bottom: float = 1.0) -> None:
    """Paper scraps in five bright colours."""
    for _ in range(count):
        x, y, a = c.between(0, 1), c.between(0, bottom), c.between(0, math.pi)
        length, width = c.between(0.014, 0.026), c.between(0.008, 0.014)
        dx, dy = math.cos(a), math.sin(a)
        corners = [
            (dx * length, dy * length),
            (-dy * width, dx * width),
            (-dx * length, -dy * length),
            (dy * width, -dx * width),
        ]
        colour = hsv(hue + 72 * c.whole(0, 4), c.between(0.55, 0.8), 1.0)
        c.polygon([(x + px, y + py) for px, py in corners], colour)
