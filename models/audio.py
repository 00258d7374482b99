"""The audio generator that ships: the words said aloud, over a soft bed for some seeds."""

import io
from collections.abc import Sequence

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.bed import make_bed
from models.generation import GeneratedMedium, Generation, KeepGoing, Prompt
from models.loudness import normalise
from models.speech import SAMPLE_RATE, Speech, check_speakable, speakable
from models.text import TextEncoder

LEAD_S, TAIL_S = 0.2, 0.4
SHORTEST_S, LONGEST_S = 1.0, 4.0
BED_SHARE = 0.5  # of the seeds
BED_LEVEL = 0.12  # -18 dB below the voice
WAVE_PX, BARS = 128, 24


class AudioGenerator:
    """One voice. What a voice says is what it means: its embedding is that of the words it says."""

    version = "speech-hibari-0.2"

    def __init__(self, threads: int = 1) -> None:
        self.speech = Speech(threads)
        self.encoder = TextEncoder()

    def check_text(self, text: str) -> None:
        """Only English words can be said."""
        check_speakable(text)

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One sound for each prompt; none if `keep_going` stopped it."""
        texts_BT = self.encoder.encode([prompt.text for prompt in prompts])
        said_BT = self.encoder.encode([speakable(prompt.text) for prompt in prompts])
        media = []
        for number, prompt in enumerate(prompts):
            if not keep_going(number):
                return Generation((), number, len(prompts))
            samples = self.make(prompt)
            media.append(
                GeneratedMedium(
                    data=encode_opus(samples, SAMPLE_RATE),
                    mime_type="audio/ogg",
                    width=0,
                    height=0,
                    embedding=said_BT[number],
                    cosine=float(said_BT[number] @ texts_BT[number]),
                    duration_ms=round(1000 * len(samples) / SAMPLE_RATE),
                    preview=draw_wave(samples),
                )
            )
        return Generation(tuple(media), len(prompts), len(prompts))

    def make(self, prompt: Prompt) -> NDArray[np.float32]:
        """Mono samples at `SAMPLE_RATE`, from 1 to 4 s: speed and bed are drawn by the seed."""
        generator = np.random.default_rng(prompt.seed)
        voice = normalise(
            self.speech.say(prompt.text, float(generator.uniform(0.9, 1.15)), prompt.seed), SAMPLE_RATE
        )
        lead, tail = int(LEAD_S * SAMPLE_RATE), int(TAIL_S * SAMPLE_RATE)
        shortest, longest = int(SHORTEST_S * SAMPLE_RATE), int(LONGEST_S * SAMPLE_RATE)
        sound = np.pad(voice, (lead, max(tail, shortest - lead - len(voice))))[:longest]
        if generator.random() < BED_SHARE:
            sound = sound + BED_LEVEL * make_bed(len(sound), SAMPLE_RATE, generator)
        return normalise(sound.astype(np.float32), SAMPLE_RATE)


def encode_opus(samples: NDArray[np.float32], sample_rate: int) -> bytes:
    """Ogg/Opus of mono samples; the same samples give the same bytes."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg", options={"fflags": "+bitexact", "serial_offset": "0"}) as file:
        stream = file.add_stream("libopus", rate=sample_rate, layout="mono")
        stream.bit_rate = 48_000
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="flt", layout="mono")
        frame.sample_rate = sample_rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return buffer.getvalue()


def draw_wave(samples: NDArray[np.float32]) -> bytes:
    """A small still WebP of how loud the sound is over time."""
    image = Image.new("RGBA", (WAVE_PX, WAVE_PX))
    draw = ImageDraw.Draw(image)
    levels = [float(np.sqrt(np.mean(part**2))) for part in np.array_split(samples, BARS)]
    loudest, step = max(1e-6, *levels), WAVE_PX / BARS
    for bar, level in enumerate(levels):
        half = max(2.0, 0.45 * WAVE_PX * level / loudest)
        left = bar * step + 1
        box = (left, WAVE_PX / 2 - half, left + step - 2, WAVE_PX / 2 + half)
        draw.rounded_rectangle(box, radius=2, fill=(98, 87, 226, 255))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()
