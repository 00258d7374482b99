"""The image generator that ships: a generated sticker as the subject of a card, with the words if they are whole."""

from collections.abc import Sequence

from models.card import make_card
from models.generation import OUR_LICENCE, Generation, KeepGoing, Prompt
from models.sticker import StickerGenerator, to_image


class ImageGenerator:
    """Paints the subject with the sticker generator; the scene around it is composed by seed."""

    licence = OUR_LICENCE

    def __init__(self, painter: StickerGenerator) -> None:
        self.painter = painter
        self.version = painter.version.replace("sticker", "card")

    def check_text(self, text: str) -> None:
        """Any text can be painted."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One card for each prompt; none if `keep_going` stopped it."""
        painting = self.painter.paint(prompts, keep_going)
        if painting.stopped:
            return Generation(painting.num_evaluations, painting.num_planned)
        cards = [
            make_card(
                to_image(picture_CHW), prompt.text if prompt.lettering else "", prompt.seed, prompt.colour
            )
            for prompt, picture_CHW in zip(prompts, painting.pictures_BCHW, strict=True)
        ]
        return self.painter.generation(painting, cards)
