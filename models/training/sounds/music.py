"""Sounds with notes: fanfares, bells, lullabies, games."""

import numpy as np

from models.training.sounds.signals import (
    BELL,
    BRASS,
    FLUTE,
    GLASS,
    MARIMBA,
    PLUCK,
    REED,
    SAW,
    SQUARE,
    Random,
    Samples,
    band,
    burst,
    glide,
    held,
    line,
    noise,
    note,
    place,
    room,
    struck,
    times,
    tone,
)  # fmt: skip

PENTATONIC = (0, 2, 4, 7, 9, 12, 14, 16, 19, 21, 24)


def fanfare(draw: Random) -> Samples:
    """Trumpets: quick repeated notes, then a long chord."""
    key, beat_s = draw.integers(-7, 3), draw.uniform(0.12, 0.17)
    parts, at_s = [], 0.0
    for step in ((0, 0, 0, 4), (0, 4, 7), (-5, 0, 4), (0, 0, 4, 4))[draw.integers(4)]:
        parts.append((at_s, held(note(key + step), 0.9 * beat_s, BRASS)))
        at_s += beat_s
    parts += [(at_s, 0.6 * held(note(key + step), draw.uniform(0.9, 1.5), BRASS)) for step in (0, 4, 7, 12)]
    return room(place(3.0, parts), draw, 0.4, 0.15)


def sad_trombone(draw: Random) -> Samples:
    """Three falling notes, and a last one that sags."""
    key, beat_s = draw.integers(-26, -20), draw.uniform(0.3, 0.42)
    parts = [(n * beat_s, held(note(key - n), 0.92 * beat_s, BRASS)) for n in range(3)]
    last_s = draw.uniform(0.9, 1.3)
    wobble = 1 + 0.025 * np.sin(2 * np.pi * draw.uniform(5, 7) * times(last_s))
    curve = glide(last_s, (0, note(key - 3)), (0.4, note(key - 3)), (1, note(key - 5))) * wobble
    parts.append(
        (3 * beat_s, tone(curve, last_s, BRASS) * line(last_s, (0, 0), (0.04, 1), (0.6, 0.8), (1, 0)))
    )
    return place(3 * beat_s + last_s, parts)


def music_box(draw: Random) -> Samples:
    """A slow lullaby on a music box."""
    key, beat_s = draw.integers(5, 16), draw.uniform(0.28, 0.4)
    melody = draw.choice([0, 4, 7, 12, 9], size=10)
    parts = [(n * beat_s, struck(note(key + step), 0.5, GLASS)) for n, step in enumerate(melody)]
    parts += [
        (n * beat_s, 0.4 * struck(note(key - 12 + (0, 5, 7)[n % 3]), 0.7, GLASS)) for n in range(0, 10, 4)
    ]
    return place(3.9, parts)


def chimes(draw: Random) -> Samples:
    """Wind chimes, soft and irregular."""
    key, count = draw.integers(8, 18), draw.integers(7, 14)
    parts = [
        (
            draw.uniform(0, 2.2),
            draw.uniform(0.3, 1)
            * struck(note(key + draw.choice(PENTATONIC[:7])), draw.uniform(0.4, 0.8), GLASS),
        )
        for _ in range(count)
    ]
    return place(3.8, parts)


def church_bell(draw: Random) -> Samples:
    """One or two strokes of a great bell."""
    frequency_hz, gap_s = note(draw.integers(-16, -4)), draw.uniform(1.1, 1.6)
    stroke = struck(frequency_hz, draw.uniform(0.8, 1.2), BELL)
    return place(3.9, [(n * gap_s, stroke) for n in range(draw.integers(1, 3))])


def ding(draw: Random) -> Samples:
    """A message arrives: one or two clear notes."""
    key, gap_s = draw.integers(8, 20), draw.uniform(0.09, 0.16)
    steps = ((0,), (0, 5), (0, 7), (0, 4))[draw.integers(4)]
    return place(1.4, [(n * gap_s, struck(note(key + step), 0.32, GLASS)) for n, step in enumerate(steps)])


def sparkle(draw: Random) -> Samples:
    """Magic dust: a quick shimmer of high glassy notes upwards."""
    key, count = draw.integers(14, 22), draw.integers(14, 22)
    steps = sorted(draw.choice(PENTATONIC, size=count))
    parts = [
        (0.07 * n + draw.uniform(0, 0.03), struck(note(key + step), draw.uniform(0.15, 0.4), GLASS))
        for n, step in enumerate(steps)
    ]
    return room(place(2.8, parts), draw, 0.5, 0.2)


def harp(draw: Random) -> Samples:
    """A glissando on a harp."""
    key, gap_s = draw.integers(-16, -8), draw.uniform(0.06, 0.1)
    steps = [octave + step for octave in (0, 12, 24) for step in (0, 2, 4, 5, 7, 9, 11)]
    steps = steps if draw.random() < 0.7 else steps[::-1]
    return place(3.4, [(n * gap_s, struck(note(key + s), 0.45, PLUCK)) for n, s in enumerate(steps)])


def sad_piano(draw: Random) -> Samples:
    """Two slow minor chords."""
    key, gap_s = draw.integers(-19, -9), draw.uniform(1.2, 1.5)
    chords = (((0, 7, 12, 15), (-4, 3, 8, 12)), ((0, 3, 7, 12), (-5, 2, 7, 10)))[draw.integers(2)]
    parts = [
        (n * gap_s + 0.05 * k, 0.8 * struck(note(key + s), 0.8, PLUCK))
        for n, chord in enumerate(chords) for k, s in enumerate(chord)
    ]  # fmt: skip
    return place(3.9, parts)


def guitar(draw: Random) -> Samples:
    """A few relaxed strums."""
    key, gap_s = draw.integers(-17, -9), draw.uniform(0.5, 0.75)
    shapes = ((0, 7, 12, 16, 19), (-3, 4, 9, 12, 16), (5, 9, 12, 17, 21), (-5, 2, 7, 11, 14))
    parts = [
        (n * gap_s + 0.018 * k, struck(note(key + s), 0.4, PLUCK))
        for n in range(4) for k, s in enumerate(shapes[(n + draw.integers(2)) % 4])
    ]  # fmt: skip
    return place(4 * gap_s + 0.8, parts)


def coin(draw: Random) -> Samples:
    """A coin of an old game: two quick square notes."""
    key = draw.integers(12, 18)
    first = tone(note(key), 0.07, SQUARE)
    second = tone(note(key + 5), 0.7, SQUARE) * np.exp(-6 * times(0.7))
    return place(1.0, [(0, first * 0.8), (0.07, second)])


def level_up(draw: Random) -> Samples:
    """A game's quick rising arpeggio."""
    key, gap_s = draw.integers(0, 8), draw.uniform(0.07, 0.11)
    steps = (0, 4, 7, 12, 16, 19, 24)
    parts = [(n * gap_s, held(note(key + s), 1.1 * gap_s, SQUARE, 0.004)) for n, s in enumerate(steps)]
    return place(1.6, [*parts, (len(steps) * gap_s, held(note(key + 24), 0.5, SQUARE, 0.004))])


def game_over(draw: Random) -> Samples:
    """A game's slow falling tune."""
    key, gap_s = draw.integers(-8, 0), draw.uniform(0.2, 0.3)
    parts = [(n * gap_s, held(note(key - s), gap_s, SQUARE, 0.004)) for n, s in enumerate((0, 3, 6, 9))]
    return place(2.4, [*parts, (4 * gap_s, held(note(key - 12), 0.9, SQUARE))])


def correct(draw: Random) -> Samples:
    """The two or three rising notes of a right answer."""
    key, gap_s = draw.integers(3, 10), draw.uniform(0.11, 0.17)
    steps = ((0, 7), (0, 4, 7), (0, 4, 7, 12))[draw.integers(3)]
    return place(1.7, [(n * gap_s, struck(note(key + s), 0.35, MARIMBA)) for n, s in enumerate(steps)])


def buzzer(draw: Random) -> Samples:
    """The harsh buzzer of a wrong answer."""
    frequency_hz, length_s = draw.uniform(85, 140), draw.uniform(0.5, 0.9)
    both = tone(frequency_hz, length_s, SAW) + tone(frequency_hz * draw.uniform(1.02, 1.06), length_s, SAW)
    return np.tanh(both) * line(length_s, (0, 0), (0.02, 1), (0.93, 1), (1, 0))


def sleigh_bells(draw: Random) -> Samples:
    """Jingling small bells, shaken in time."""
    beat_s = draw.uniform(0.24, 0.36)
    parts = [
        (
            n * beat_s / 2 + draw.uniform(0, 0.03),
            (1.0 if n % 2 == 0 else 0.4) * struck(draw.uniform(4200, 8500), 0.07, GLASS),
        )
        for n in range(16)
        for _ in range(5)
    ]
    return place(min(3.8, 8 * beat_s + 0.4), parts)


def party_horn(draw: Random) -> Samples:
    """A paper blow-out: a rattling reed that rises and sinks."""
    length_s, frequency_hz = draw.uniform(0.7, 1.2), draw.uniform(330, 480)
    rattle = 1 + 0.5 * np.sign(np.sin(2 * np.pi * draw.uniform(26, 38) * times(length_s)))
    curve = glide(
        length_s,
        (0, 0.75 * frequency_hz),
        (0.15, frequency_hz),
        (0.8, frequency_hz),
        (1, 0.6 * frequency_hz),
    )
    return tone(curve, length_s, REED) * rattle * line(length_s, (0, 0), (0.08, 1), (0.85, 0.8), (1, 0))


def dance_beat(draw: Random) -> Samples:
    """Four on the floor, with a bass line and hats."""
    beat_s, key = 60 / draw.uniform(118, 132), draw.integers(-36, -28)
    parts: list[tuple[float, Samples]] = []
    for n in range(7):
        kick = tone(glide(0.25, (0, 160), (0.3, 55), (1, 45)), 0.25) * np.exp(-12 * times(0.25))
        hat = 0.15 * burst(0.08, draw, 9000, 0.5)
        bass = 0.4 * held(note(key + int(draw.choice([0, 0, 3, 7]))), 0.4 * beat_s, SAW[:10])
        parts += [(n * beat_s, 1.5 * kick), ((n + 0.5) * beat_s, hat), ((n + 0.5) * beat_s, bass)]
        if n % 2:
            parts.append((n * beat_s, 0.35 * burst(0.18, draw, 2200, 1.2)))
    return place(7 * beat_s + 0.2, parts)


def slide_whistle(draw: Random) -> Samples:
    """A whistle that slides up or down."""
    length_s, low_hz = draw.uniform(0.7, 1.3), draw.uniform(500, 800)
    points = ((0, low_hz), (1, 3.2 * low_hz)) if draw.random() < 0.5 else ((0, 3.2 * low_hz), (1, low_hz))
    wobble = 1 + 0.02 * np.sin(2 * np.pi * 7 * times(length_s))
    made = tone(glide(length_s, *points) * wobble, length_s, FLUTE) + 0.03 * noise(
        length_s, draw, band(2500.0, 1)
    )
    return made * line(length_s, (0, 0), (0.06, 1), (0.9, 0.8), (1, 0))
