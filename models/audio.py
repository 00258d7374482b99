"""The audio generator that ships: an effect or jingle made of the text, or its words said aloud."""

import io
import unicodedata
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.bed import make_bed
from models.generation import (
    GOLDEN_RATIO,
    OUR_LICENCE,
    GeneratedMedium,
    Generation,
    KeepGoing,
    Prompt,
    UnusablePromptError,
)
from models.loudness import normalise
from models.opus import encode_opus
from models.sound import SoundMaker
from models.speech import SAMPLE_RATE, Speech, speakable
from models.text import TextEncoder

LEAD_S, TAIL_S = 0.2, 0.4
SHORTEST_S, LONGEST_S = 1.0, 4.0
BED_SHARE = 0.5  # of the seeds
BED_LEVEL = 0.12  # -18 dB below the voice
WAVE_PX, BARS = 128, 24
# How near a text must be to a caption of a sound, and the share of the seeds that then make the sound instead of the words.
EFFECT_SHARES = ((0.8, 0.67), (0.5, 0.5), (-1.0, 0.0))


class AudioGenerator:
    """One voice and one maker of sounds. What a voice says is what it means: its embedding is that of the words it says;
    a sound is judged by ear, so to say (`SoundMaker.judge`).
    """

    licence = OUR_LICENCE

    def __init__(self, sounds: SoundMaker, threads: int = 1) -> None:
        self.sounds = sounds
        self.speech = Speech(threads)
        self.encoder = TextEncoder()
        self.version = f"{sounds.version}-hibari-0.2"

    def check_text(self, text: str) -> None:
        """There must be a word of any language, or a symbol."""
        if not any(char.isalnum() or is_symbol(char) for char in text):
            raise UnusablePromptError("there is no word or symbol to make a sound of")

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One sound for each prompt; none if `keep_going` stopped it."""
        for prompt in prompts:
            self.check_text(prompt.text)
        texts_BT = self.encoder.encode([described(prompt.text) for prompt in prompts])
        effects = [
            number for number, prompt in enumerate(prompts) if self.wants_effect(prompt, texts_BT[number])
        ]
        spoken = [number for number in range(len(prompts)) if number not in effects]
        media: dict[int, GeneratedMedium] = {}
        done = planned = 0
        if effects:
            seeds = [prompts[number].seed for number in effects]
            made = self.sounds.make(torch.from_numpy(texts_BT[effects]), seeds, keep_going)
            done, planned = made.num_evaluations, made.num_planned
            for number, wave, embedding in zip(effects, made.waves, made.embeddings_BW, strict=False):
                media[number] = encode(normalise(wave, SAMPLE_RATE), embedding, texts_BT[number])
        planned += len(spoken)
        if effects and not media:
            return Generation(done, planned)
        said_BT = self.encoder.encode([speakable(prompts[number].text) for number in spoken])
        for number, said_T in zip(spoken, said_BT, strict=True):
            if not keep_going(done):
                return Generation(done, planned)
            media[number] = encode(self.speak(prompts[number]), said_T, texts_BT[number])
            done += 1
        return Generation(done, planned, lambda: tuple(media[number] for number in range(len(prompts))))

    def wants_effect(self, prompt: Prompt, text_T: NDArray[np.float32]) -> bool:
        """What cannot be said is a sound; what no sound is known for is said; of the rest the seed decides, by turns."""
        if not speakable(prompt.text):
            return True
        near = float(self.sounds.familiarity(torch.from_numpy(text_T)[None]))
        share = next(share for nearest, share in EFFECT_SHARES if near >= nearest)
        return prompt.seed % 2**48 * GOLDEN_RATIO % 1.0 < share

    def speak(self, prompt: Prompt) -> NDArray[np.float32]:
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


def is_symbol(char: str) -> bool:
    """Emoji and other pictures among the letters."""
    return unicodedata.category(char) == "So"


def described(text: str) -> str:
    """The text with the name of each symbol in its place, as the text encoder knows no emoji."""
    named = (f" {unicodedata.name(char, '').lower()} " if is_symbol(char) else char for char in text)
    return " ".join("".join(named).split())


def encode(
    samples: NDArray[np.float32], embedding: NDArray[np.float32], text_T: NDArray[np.float32]
) -> GeneratedMedium:
    """A sound as it is stored, with a picture of its wave."""
    return GeneratedMedium(
        data=encode_opus(samples, SAMPLE_RATE),
        mime_type="audio/ogg",
        width=0,
        height=0,
        embedding=embedding,
        cosine=float(embedding @ text_T),
        duration_ms=round(1000 * len(samples) / SAMPLE_RATE),
        preview=draw_wave(samples),
    )


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
