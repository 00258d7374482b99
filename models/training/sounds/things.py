"""Sounds of things: doors, phones, clocks, games, machines."""

import numpy as np

from models.training.sounds.signals import (
    GLASS,
    MARIMBA,
    REED,
    SAW,
    SQUARE,
    Random,
    Samples,
    band,
    burst,
    glide,
    line,
    noise,
    place,
    room,
    struck,
    times,
    tone,
)  # fmt: skip


def whoosh(draw: Random) -> Samples:
    """Something flies by: noise that rises and falls."""
    length_s, peak = draw.uniform(0.6, 1.2), draw.uniform(0.4, 0.65)
    centre = glide(length_s, (0, 300), (peak, draw.uniform(1800, 4000)), (1, 400))
    return noise(length_s, draw, band(centre, 0.7)) * line(length_s, (0, 0), (peak, 1), (1, 0)) ** 2


def boing(draw: Random) -> Samples:
    """A cartoon spring."""
    length_s, frequency_hz = draw.uniform(0.8, 1.4), draw.uniform(110, 200)
    wobble = 1 + 0.35 * np.sin(2 * np.pi * np.cumsum(line(length_s, (0, 16), (1, 7))) / 24_000) * np.exp(
        -2 * times(length_s)
    )
    rise = glide(length_s, (0, frequency_hz), (0.25, 2.2 * frequency_hz), (1, 2.6 * frequency_hz))
    return (
        tone(rise * wobble, length_s, SAW[:12])
        * np.exp(-3 * times(length_s))
        * line(length_s, (0, 0), (0.01, 1), (0.9, 1), (1, 0))
    )


def pop(draw: Random) -> Samples:
    """One to three bubbles or corks."""
    parts = []
    for n in range(draw.integers(1, 4)):
        low_hz = draw.uniform(300, 600)
        made = tone(glide(0.09, (0, low_hz), (1, 3.5 * low_hz)), 0.09) * np.exp(-35 * times(0.09))
        parts.append(
            (n * draw.uniform(0.18, 0.3), made + place(0.09, [(0, 0.4 * burst(0.02, draw, 2500))]))
        )
    return place(1.0, parts)


def laser(draw: Random) -> Samples:
    """One to four shots of a toy gun."""
    high_hz, length_s, gap_s = draw.uniform(2500, 5000), draw.uniform(0.18, 0.32), draw.uniform(0.25, 0.4)
    shot = tone(glide(length_s, (0, high_hz), (1, high_hz / 14)), length_s, SQUARE[:5]) * np.exp(
        -6 * times(length_s)
    )
    return place(1.6, [(n * gap_s, shot) for n in range(draw.integers(1, 5))])


def drum_roll(draw: Random) -> Samples:
    """A snare roll that grows, and a crash."""
    roll_s, rate = draw.uniform(1.3, 2.2), draw.uniform(17, 24)
    parts = [
        (n / rate + draw.uniform(0, 0.008), (0.25 + 0.5 * n / rate / roll_s) * burst(0.1, draw, 1800, 1.6))
        for n in range(int(roll_s * rate))
    ]
    crash = noise(1.4, draw, band(6500.0, 1.0)) * np.exp(-3 * times(1.4))
    return place(roll_s + 1.4, [*parts, (roll_s, 0.9 * crash), (roll_s, 1.2 * struck(80, 0.15))])


def rimshot(draw: Random) -> Samples:
    """Ba dum tss."""
    gap_s = draw.uniform(0.17, 0.25)
    drums = [
        (0, struck(190, 0.08) + place(0.28, [(0, 0.3 * burst(0.1, draw, 1500))])),
        (gap_s, 1.2 * struck(130, 0.1)),
    ]
    crash = noise(1.1, draw, band(7500.0, 0.8)) * np.exp(-4 * times(1.1))
    return place(
        2.0, [*drums, (2.4 * gap_s, 0.8 * crash), (2.4 * gap_s, 0.5 * burst(0.15, draw, 1800, 1.5))]
    )


def door_knock(draw: Random) -> Samples:
    """Knuckles on wood."""
    gap_s, wood_hz = draw.uniform(0.15, 0.28), draw.uniform(140, 260)
    knock = 0.8 * struck(wood_hz, 0.035, MARIMBA) + place(3.5 * 0.035, [(0, 0.5 * burst(0.03, draw, 900))])
    strokes = [
        (n * gap_s * draw.uniform(0.95, 1.05), draw.uniform(0.7, 1) * knock)
        for n in range(draw.integers(2, 6))
    ]
    return room(place(1.9, strokes), draw, 0.12, 0.2)


def alarm(draw: Random) -> Samples:
    """An alarm clock that beeps in groups."""
    pitch_hz, beep_s, count = draw.uniform(1700, 2600), draw.uniform(0.06, 0.1), draw.integers(2, 5)
    beep = tone(pitch_hz, beep_s, SQUARE[:5]) * line(beep_s, (0, 0), (0.1, 1), (0.9, 1), (1, 0))
    starts = [group * 0.85 + n * 1.6 * beep_s for group in range(4) for n in range(count)]
    return place(3.3, [(start, beep) for start in starts])


def siren(draw: Random) -> Samples:
    """A siren that wails, or has two notes."""
    length_s, low_hz = draw.uniform(2.4, 3.6), draw.uniform(480, 700)
    wail = np.sin(2 * np.pi * draw.uniform(0.6, 1.4) * times(length_s))
    wail = wail if draw.random() < 0.6 else np.sign(wail)
    return tone(low_hz * 2 ** (0.5 * wail + 0.5) ** 0.9, length_s, REED[:7]) * line(
        length_s, (0, 0), (0.05, 1), (0.9, 1), (1, 0)
    )


def phone_ring(draw: Random) -> Samples:
    """An old telephone with a bell, or a modern one that warbles."""
    warble_hz, first_hz = draw.uniform(18, 26), draw.uniform(900, 1500)
    switch = np.sign(np.sin(2 * np.pi * warble_hz * times(0.9)))
    ring = tone(np.where(switch > 0, first_hz, 1.25 * first_hz), 0.9, (1.0, 0.3, 0.3, 0.1))
    ring = ring * line(0.9, (0, 0), (0.03, 1), (0.85, 1), (1, 0))
    return place(3.0, [(0, ring), (draw.uniform(1.5, 1.9), ring)])


def clock_tick(draw: Random) -> Samples:
    """A clock: tick, tock."""
    gap_s, pitch_hz = draw.uniform(0.4, 0.55), draw.uniform(1800, 3200)
    tick, tock = (
        struck(pitch_hz * k, 0.012, GLASS) + place(3.5 * 0.012, [(0, 0.4 * burst(0.01, draw, 4000))])
        for k in (1, 0.75)
    )
    return room(place(3.2, [(n * gap_s, tick if n % 2 == 0 else tock) for n in range(7)]), draw, 0.08, 0.15)


def car_horn(draw: Random) -> Samples:
    """A horn: two reeds a third apart, once or twice."""
    pitch_hz, lengths = draw.uniform(330, 440), ((0.7,), (0.18, 0.5), (0.2, 0.2))[draw.integers(3)]
    parts, at_s = [], 0.0
    for length_s in lengths:
        horn = tone(pitch_hz, length_s, REED) + tone(pitch_hz * 1.26, length_s, REED)
        parts.append((at_s, horn * line(length_s, (0, 0), (0.04, 1), (0.94, 1), (1, 0))))
        at_s += length_s + 0.12
    return place(max(1.0, at_s), parts)


def explosion(draw: Random) -> Samples:
    """A deep boom with rubble."""
    length_s = draw.uniform(1.8, 2.8)
    centre = glide(length_s, (0, 900), (0.15, 250), (1, 70))
    low = tone(glide(length_s, (0, 90), (1, 30)), length_s) * np.exp(-2.5 * times(length_s))
    return np.tanh(2 * noise(length_s, draw, band(centre, 1.2)) * np.exp(-2.2 * times(length_s)) + low)


def fireworks(draw: Random) -> Samples:
    """A rocket whistles up, bangs, and crackles."""
    up_s = draw.uniform(0.6, 1.0)
    whistle = 0.25 * tone(glide(up_s, (0, 700), (1, 2800)), up_s) * line(up_s, (0, 0), (0.3, 1), (1, 0.2))
    bang = noise(0.9, draw, band(glide(0.9, (0, 1500), (1, 120)), 1.3)) * np.exp(-5 * times(0.9))
    crackle = [
        (up_s + draw.uniform(0.2, 1.6), draw.uniform(0.1, 0.4) * burst(0.03, draw, 5000, 0.8))
        for _ in range(60)
    ]
    return place(up_s + 2.0, [(0, whistle), (up_s, bang), *crackle])


def camera(draw: Random) -> Samples:
    """A shutter: two mechanical clicks."""
    gap_s = draw.uniform(0.07, 0.14)
    clicks = [burst(0.05, draw, hertz, 0.9) for hertz in (3500, 2200)]
    whirr = 0.1 * noise(0.3, draw, band(1500.0, 0.4)) * line(0.3, (0, 0), (0.3, 1), (1, 0))
    return place(1.0, [(0, clicks[0]), (gap_s, 0.8 * clicks[1]), (gap_s + 0.03, whirr)])


def typing(draw: Random) -> Samples:
    """Fingers on a keyboard."""
    starts = np.cumsum(draw.uniform(0.07, 0.2, size=20))
    parts = [
        (float(at), draw.uniform(0.5, 1) * burst(0.035, draw, draw.uniform(1500, 3500), 0.9))
        for at in starts
        if at < 2.7
    ]
    return place(2.8, parts)


def robot(draw: Random) -> Samples:
    """A computer of an old film: random beeps."""
    step_s = draw.uniform(0.07, 0.13)
    length_s = 0.9 * step_s
    shape = line(length_s, (0, 0), (0.1, 1), (0.9, 1), (1, 0))
    parts = [
        (n * step_s, shape * tone(draw.uniform(350, 2600), length_s, SQUARE[:3]))
        for n in range(int(1.8 / step_s))
    ]
    return place(2.0, parts)


def record_scratch(draw: Random) -> Samples:
    """A record stopped by hand."""
    length_s = draw.uniform(0.5, 0.8)
    centre = glide(length_s, (0, 700), (0.25, 3500), (0.5, 500), (0.75, 2500), (1, 300))
    return noise(length_s, draw, band(centre, 0.45)) * line(
        length_s, (0, 0.2), (0.2, 1), (0.5, 0.3), (0.7, 1), (1, 0)
    )


def footsteps(draw: Random) -> Samples:
    """Somebody comes, or goes."""
    gap_s, going = draw.uniform(0.42, 0.55), draw.random() < 0.5
    levels = np.linspace(1, 0.35, 6) if going else np.linspace(0.35, 1, 6)
    step = place(
        0.15,
        [
            (0, 0.7 * struck(95, 0.03)),
            (0.01, burst(0.09, draw, 700, 0.9)),
            (0.05, 0.4 * burst(0.06, draw, 1800)),
        ],
    )
    return room(
        place(3.2, [(n * gap_s, float(level) * step) for n, level in enumerate(levels)]), draw, 0.15, 0.2
    )
