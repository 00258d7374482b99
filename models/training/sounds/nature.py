"""Sounds of people, animals and weather."""

import numpy as np

from models.training.sounds.signals import (
    FLUTE,
    Random,
    Samples,
    band,
    burst,
    glide,
    line,
    noise,
    place,
    room,
    times,
    tone,
    voice,
)  # fmt: skip


def applause(draw: Random) -> Samples:
    """Many hands that clap, thinning out."""
    length_s, count = draw.uniform(2.4, 3.6), draw.integers(160, 300)
    starts = length_s * draw.beta(1.1, 1.5, size=count)
    parts = [
        (float(at), draw.uniform(0.2, 1) * burst(0.05, draw, draw.uniform(900, 2600), 0.7)) for at in starts
    ]
    return room(place(length_s, parts), draw, 0.2, 0.3) * line(
        length_s, (0, 0.5), (0.1, 1), (0.7, 0.9), (1, 0)
    )


def rain(draw: Random) -> Samples:
    """Steady rain with single drops."""
    length_s = draw.uniform(2.8, 3.8)
    drops = [
        (
            draw.uniform(0, length_s),
            draw.uniform(0.1, 0.5) * burst(0.02, draw, draw.uniform(2500, 7000), 0.5),
        )
        for _ in range(120)
    ]
    steady = 0.12 * noise(length_s, draw, band(5000.0, 1.6))
    return (steady + place(length_s, drops)) * line(length_s, (0, 0), (0.1, 1), (0.85, 1), (1, 0))


def thunder(draw: Random) -> Samples:
    """A crack and a long low roll."""
    length_s = draw.uniform(2.8, 3.8)
    rumble = np.interp(times(length_s), np.linspace(0, length_s, 14), draw.uniform(0.2, 1, size=14))
    roll = (
        noise(length_s, draw, band(glide(length_s, (0, 260), (1, 70)), 1.0))
        * rumble
        * np.exp(-0.9 * times(length_s))
    )
    return place(length_s, [(0, 0.6 * burst(0.35, draw, 1500, 1.5)), (0.05, 1.4 * roll)]) * line(
        length_s, (0, 1), (0.9, 1), (1, 0)
    )


def wind(draw: Random) -> Samples:
    """Wind that howls around a house."""
    length_s = draw.uniform(3.0, 3.9)
    gusts = np.interp(times(length_s), np.linspace(0, length_s, 7), draw.uniform(0, 1, size=7))
    made = noise(length_s, draw, band(350 * 2 ** (1.3 * gusts), 0.28)) + 0.3 * noise(
        length_s, draw, band(300.0, 1)
    )
    return made * (0.3 + 0.7 * gusts) * line(length_s, (0, 0), (0.15, 1), (0.85, 1), (1, 0))


def waves(draw: Random) -> Samples:
    """A wave runs up a beach and back."""
    length_s, peak = draw.uniform(3.2, 3.9), draw.uniform(0.35, 0.55)
    swell = line(length_s, (0, 0.05), (peak, 1), (1, 0.05)) ** 1.5
    return noise(length_s, draw, band(glide(length_s, (0, 500), (peak, 2600), (1, 1200)), 1.7)) * swell


def water_drop(draw: Random) -> Samples:
    """One to four drops in a cave."""
    parts = []
    for n in range(draw.integers(1, 5)):
        low_hz = draw.uniform(600, 1100)
        parts.append(
            (
                n * draw.uniform(0.35, 0.5),
                tone(glide(0.12, (0, low_hz), (1, 1.9 * low_hz)), 0.12) * np.exp(-28 * times(0.12)),
            )
        )
    return room(place(2.2, parts), draw, 0.5, 0.3)


def birds(draw: Random) -> Samples:
    """Chirps and little trills."""
    parts, base_hz = [], draw.uniform(2600, 3800)
    for start_s in np.cumsum(draw.uniform(0.18, 0.5, size=8)):
        length_s = draw.uniform(0.06, 0.16)
        curve = glide(
            length_s,
            (0, base_hz * draw.uniform(0.9, 1.3)),
            (0.5, base_hz * draw.uniform(1.2, 1.7)),
            (1, base_hz),
        )
        chirp = tone(curve, length_s) * line(length_s, (0, 0), (0.3, 1), (1, 0))
        parts += [(float(start_s) + k * length_s * 1.1, chirp) for k in range(draw.integers(1, 4))]
    return place(3.4, parts)


def crickets(draw: Random) -> Samples:
    """A silent night: crickets."""
    pitch_hz, pulse_hz = draw.uniform(4000, 5200), draw.uniform(24, 34)
    length_s, gap_s = draw.uniform(0.35, 0.5), draw.uniform(0.7, 0.9)
    pulses = np.clip(np.sin(2 * np.pi * pulse_hz * times(length_s)), 0, 1)
    chirp = tone(pitch_hz, length_s) * pulses * line(length_s, (0, 0.3), (0.3, 1), (0.9, 1), (1, 0))
    return place(3.3, [(n * gap_s, chirp) for n in range(4)])


def cat_meow(draw: Random) -> Samples:
    """A cat asks for something."""
    length_s, pitch_hz = draw.uniform(0.6, 1.0), draw.uniform(480, 680)
    pitch = glide(length_s, (0, 0.85 * pitch_hz), (0.35, 1.15 * pitch_hz), (1, 0.75 * pitch_hz))
    mouth = glide(length_s, (0, 700), (0.4, 1700), (1, 800))
    made = voice(pitch, ((mouth, 250, 1.0), (1.8 * mouth, 350, 0.5), (3800, 500, 0.15)))
    return np.pad(made * line(length_s, (0, 0), (0.12, 0.8), (0.45, 1), (1, 0)), (0, 4000))


def dog_bark(draw: Random) -> Samples:
    """One to three barks."""
    pitch_hz, gap_s = draw.uniform(180, 420), draw.uniform(0.32, 0.5)
    pitch = glide(0.2, (0, pitch_hz), (0.3, 1.5 * pitch_hz), (1, 0.7 * pitch_hz))
    rough = 0.5 * noise(0.2, draw, band(900.0, 1.0))
    bark = voice(pitch, ((900, 300, 1.0), (1900, 400, 0.4)), rough) * line(
        0.2, (0, 0), (0.1, 1), (0.4, 0.8), (1, 0)
    )
    return place(1.5, [(n * gap_s, bark) for n in range(draw.integers(1, 4))])


def laugh(draw: Random) -> Samples:
    """Ha ha ha, in a voice high or low."""
    pitch_hz, gap_s, count = draw.uniform(150, 340), draw.uniform(0.15, 0.2), draw.integers(5, 9)
    parts = []
    for n in range(count):
        length_s = 0.8 * gap_s
        pitch = glide(length_s, (0, pitch_hz * (1.25 - 0.05 * n)), (1, pitch_hz * (1 - 0.05 * n)))
        breath = 0.25 * noise(length_s, draw, band(1800.0, 1.2))
        ha = voice(pitch, ((800, 150, 1.0), (1250, 180, 0.6), (2700, 300, 0.2)), breath)
        parts.append(
            (n * gap_s, (1 - 0.07 * n) * ha * line(length_s, (0, 0), (0.25, 1), (0.6, 0.8), (1, 0)))
        )
    return place(count * gap_s + 0.3, parts)


def heartbeat(draw: Random) -> Samples:
    """Lub dub, lub dub."""
    beat_s, low_hz = draw.uniform(0.75, 1.0), draw.uniform(55, 80)
    thump = (
        tone(glide(0.18, (0, 2 * low_hz), (0.3, low_hz), (1, 0.8 * low_hz)), 0.18, (1, 0.5, 0.3))
        * line(0.18, (0, 0), (0.1, 1), (1, 0)) ** 1.5
    )
    return place(
        3.4, [(n * beat_s + k * 0.27 * beat_s, (1 - 0.35 * k) * thump) for n in range(4) for k in range(2)]
    )


def kiss(draw: Random) -> Samples:
    """A smack of the lips, once or twice."""
    rise_s = draw.uniform(0.08, 0.14)
    suck = (
        0.4
        * noise(rise_s, draw, band(glide(rise_s, (0, 2000), (1, 4500)), 0.4))
        * line(rise_s, (0, 0), (1, 1)) ** 2
    )
    smack = burst(0.06, draw, draw.uniform(2200, 3200), 0.8)
    once = place(0.3, [(0, suck), (rise_s, 1.2 * smack)])
    return place(1.1, [(n * 0.38, once) for n in range(draw.integers(1, 3))])


def ghost(draw: Random) -> Samples:
    """A ghost: a wavering hollow voice."""
    length_s, pitch_hz = draw.uniform(2.2, 3.2), draw.uniform(240, 420)
    pitch = glide(length_s, (0, 0.7 * pitch_hz), (0.4, 1.5 * pitch_hz), (1, 0.6 * pitch_hz))
    pitch = pitch * (1 + 0.03 * np.sin(2 * np.pi * 5.5 * times(length_s)))
    made = tone(pitch, length_s, FLUTE) + 0.12 * noise(length_s, draw, band(pitch, 0.25))
    return room(made * line(length_s, (0, 0), (0.3, 1), (0.7, 0.9), (1, 0)), draw, 0.5, 0.3)


def snore(draw: Random) -> Samples:
    """Somebody sleeps: a rattle in, a sigh out."""
    in_s, out_s, rate_hz = draw.uniform(0.8, 1.1), draw.uniform(0.7, 1.0), draw.uniform(28, 42)
    rattle = voice(glide(in_s, (0, rate_hz * 1.2), (1, rate_hz)), ((320, 160, 1.0), (900, 250, 0.4))) * (
        0.6 + 0.4 * draw.random()
    )
    rattle = rattle * line(in_s, (0, 0), (0.6, 1), (1, 0)) + 0.1 * noise(in_s, draw, band(700.0, 0.8))
    sigh = (
        1.5
        * noise(out_s, draw, band(glide(out_s, (0, 1600), (1, 700)), 0.6))
        * line(out_s, (0, 0), (0.2, 1), (1, 0))
    )
    return place(in_s + out_s + 0.4, [(0, rattle), (in_s + 0.2, sigh)])


def frog(draw: Random) -> Samples:
    """Ribbit, ribbit."""
    low_hz, gap_s = draw.uniform(90, 150), draw.uniform(0.5, 0.7)
    pitch = glide(0.32, (0, low_hz), (0.45, low_hz), (0.6, 1.7 * low_hz), (1, 1.9 * low_hz))
    croak = voice(pitch, ((700, 200, 1.0), (1500, 250, 0.7))) * line(
        0.32, (0, 0), (0.1, 1), (0.45, 0.7), (0.5, 0.15), (0.6, 1), (1, 0)
    )
    return place(1.9, [(n * gap_s, croak) for n in range(draw.integers(1, 4))])


def pour(draw: Random) -> Samples:
    """A cup is filled: bubbling that rises."""
    parts = []
    for start_s in np.sort(draw.uniform(0, 2.3, size=110)):
        low_hz = (350 + 350 * float(start_s)) * draw.uniform(0.7, 1.8)
        parts.append(
            (
                float(start_s),
                draw.uniform(0.3, 1)
                * tone(glide(0.05, (0, low_hz), (1, 1.4 * low_hz)), 0.05)
                * np.exp(-60 * times(0.05)),
            )
        )
    hiss = 0.06 * noise(2.5, draw, band(2500.0, 1.2)) * line(2.5, (0, 0), (0.1, 1), (0.9, 1), (1, 0))
    return place(2.6, [*parts, (0, hiss)])


def cheer(draw: Random) -> Samples:
    """A crowd shouts hooray."""
    length_s = draw.uniform(1.8, 2.8)
    parts: list[tuple[float, Samples]] = []
    for _ in range(14):
        pitch_hz, own_s = draw.uniform(180, 520), draw.uniform(0.6, 0.9) * length_s
        wobble = 1 + 0.02 * np.sin(2 * np.pi * draw.uniform(3, 7) * times(own_s) + draw.uniform(0, 6))
        pitch = glide(own_s, (0, 0.8 * pitch_hz), (0.3, 1.3 * pitch_hz), (1, 0.9 * pitch_hz)) * wobble
        shout = voice(pitch, ((draw.uniform(650, 900), 200, 1.0), (draw.uniform(1200, 1900), 250, 0.6)))
        parts.append((draw.uniform(0, 0.25), shout * line(own_s, (0, 0), (0.15, 1), (0.6, 0.7), (1, 0))))
    crowd = 2 * noise(length_s, draw, band(1400.0, 1.0)) * line(length_s, (0, 0), (0.2, 1), (1, 0))
    return room(place(length_s, [*parts, (0, crowd)]), draw, 0.3, 0.3)
