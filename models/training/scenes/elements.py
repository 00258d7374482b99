"""What scenes share: skies, hills, clouds, water, lights."""

import math

from models.training.scenes.canvas import WHITE, Canvas, Rgb, hsv, mix


def clear_sky(c: Canvas, horizon: float = 1.0) -> None:
    """A day's blue, paler at the horizon."""
    hue = c.between(192, 215)
    c.gradient(
        hsv(hue, c.between(0.45, 0.7), 0.95), hsv(hue - 8, c.between(0.1, 0.25), 1.0), bottom=horizon
    )


def dark_sky(c: Canvas, horizon: float = 1.0) -> None:
    """A night's blue or violet."""
    hue = c.between(215, 262)
    c.gradient(
        hsv(hue, 0.75, c.between(0.18, 0.32)), hsv(hue - 5, 0.55, c.between(0.42, 0.6)), bottom=horizon
    )


def glowing_sky(c: Canvas, horizon: float, *hues: float) -> None:
    """Bands of light from the top to the horizon."""
    count = len(hues)
    shades = [hsv(h, 0.62 - 0.2 * i / count, 0.75 + 0.25 * i / count) for i, h in enumerate(hues)]
    c.gradient(*shades, bottom=horizon)


def stars(c: Canvas, bottom: float, count: int) -> None:
    """Small lights in the upper part, a few with a halo."""
    for _ in range(count):
        x, y = c.between(0, 1), c.between(0, bottom)
        c.disc(x, y, c.between(0.004, 0.011), (255, 250, 225), c.between(0.7, 1))


def sun(c: Canvas, x: float, y: float, radius: float, colour: Rgb = (255, 240, 180)) -> None:
    """A disc in its light."""
    c.glow(x, y, 3.2 * radius, mix(colour, WHITE, 0.3), 0.75)
    c.disc(x, y, radius, mix(colour, WHITE, 0.35))


def moon(c: Canvas, x: float, y: float, radius: float) -> None:
    """A full or a crescent moon in its light."""
    c.glow(x, y, 2.4 * radius, (225, 230, 255), 0.45)
    if c.chance(0.5):
        turn = c.between(2.2, 3.4)
        angles = [turn - 1.5 + 3.0 * i / 24 for i in range(25)]
        outer = [(math.cos(a), math.sin(a)) for a in angles]
        inner = [
            (0.85 * math.cos(a) - 0.42 * math.cos(turn), 0.85 * math.sin(a) - 0.42 * math.sin(turn))
            for a in angles
        ]
        c.polygon(
            [(x + radius * dx, y + radius * dy) for dx, dy in [*outer, *reversed(inner)]], (255, 248, 220)
        )
    else:
        c.disc(x, y, radius, (255, 248, 220))
        for dx, dy, share in ((-0.3, -0.2, 0.24), (0.35, 0.25, 0.18), (-0.1, 0.5, 0.13)):
            c.disc(x + dx * radius, y + dy * radius, share * radius, (238, 226, 190))


def cloud(c: Canvas, x: float, y: float, width: float, colour: Rgb = WHITE, alpha: float = 0.92) -> None:
    """A heap with a flat bottom, `width` half its length."""
    parts = [(-0.62, 0.02, 0.3), (-0.2, -0.2, 0.42), (0.28, -0.12, 0.36), (0.66, 0.04, 0.26)]
    shade = mix(colour, (150, 170, 205), 0.22)
    for move, tint in ((0.07, shade), (0.0, colour)):
        for dx, dy, share in parts:
            c.disc(
                x + dx * width, y + (dy + move) * width, share * width * c.between(0.95, 1.05), tint, alpha
            )
        c.box(
            x - 0.85 * width,
            y + (move - 0.02) * width,
            x + 0.88 * width,
            y + (0.3 + move) * width,
            tint,
            alpha,
            0.14 * width,
        )


def clouds(
    c: Canvas, low: float, high: float, count: int, colour: Rgb = WHITE, alpha: float = 0.92
) -> None:
    """Several, between two heights."""
    for _ in range(count):
        cloud(c, c.between(0, 1), c.between(low, high), c.between(0.1, 0.2), colour, alpha)


def ridge(
    c: Canvas, height: float, swing: float, colour: Rgb, waves: float = 1.5, bottom: float = 1.0
) -> None:
    """A rolling outline that fills everything below it."""
    phases = [(c.between(0, 2 * math.pi), waves * k * c.between(0.8, 1.2), swing / k) for k in (1, 2, 3)]
    points = []
    for i in range(65):
        x = i / 64
        points.append((x, height + sum(a * math.sin(p + 2 * math.pi * f * x) / 1.6 for p, f, a in phases)))
    c.polygon([*points, (1, bottom), (0, bottom)], colour)


def peaks(c: Canvas, foot: float, height: float, colour: Rgb, snow: bool) -> None:
    """Mountains side by side, their left sides in the light."""
    x = c.between(-0.25, -0.05)
    while x < 1.0:
        half, top = c.between(0.2, 0.34), foot - height * c.between(0.65, 1)
        tip = (x + half, top)
        c.polygon([(x, foot), tip, (x + 2 * half, foot)], colour)
        c.polygon([tip, (x + 2 * half, foot), (x + 1.05 * half, foot)], mix(colour, (20, 25, 60), 0.22))
        if snow:
            low = top + 0.32 * (foot - top)
            w = 0.32 * half
            c.polygon(
                [
                    (tip[0] - w, low),
                    tip,
                    (tip[0] + w, low),
                    (tip[0] + 0.45 * w, low - 0.03),
                    (tip[0] + 0.1 * w, low + 0.02),
                    (tip[0] - 0.4 * w, low - 0.03),
                ],
                (250, 252, 255),
            )
        x += half * c.between(0.9, 1.4)


def lights(c: Canvas, count: int, hue: float, spread: float, value: float = 1.0) -> None:
    """Discs of lights out of focus."""
    for _ in range(count):
        colour = hsv(hue + c.between(-spread, spread), c.between(0.25, 0.6), value)
        c.disc(c.between(0, 1), c.between(0, 1), c.between(0.025, 0.085), colour, c.between(0.18, 0.5))


def waves(c: Canvas, top: float, bottom: float, colour: Rgb, count: int) -> None:
    """Pale crests on water."""
    for i in range(count):
        y = top + (bottom - top) * (i + 0.5) / count
        x, half = c.between(0, 1), c.between(0.06, 0.16)
        for at in (x, (x + 0.5) % 1):
            c.ellipse(at, y, half, 0.006 + 0.004 * i / count, colour, 0.55)


def rays(c: Canvas, x: float, y: float, count: int, colour: Rgb, alpha: float) -> None:
    """Beams out of a point, every other one."""
    turn = c.between(0, 1)
    for i in range(count):
        first, second = (2 * math.pi * (i + turn + half) / count for half in (0.0, 0.5))
        ends = [(x + 1.6 * math.cos(a), y + 1.6 * math.sin(a)) for a in (first, second)]
        c.polygon([(x, y), *ends], colour, alpha)


def floor(c: Canvas, top: float, wood: Rgb) -> None:
    """Boards towards the viewer."""
    c.gradient(mix(wood, WHITE, 0.12), mix(wood, (40, 20, 20), 0.15), top=top)
    for i in range(-4, 5):
        c.line([(0.5 + 0.1 * i, top), (0.5 + 0.24 * i, 1.0)], 0.006, mix(wood, (60, 30, 20), 0.35), 0.6)
