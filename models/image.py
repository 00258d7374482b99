"""The image generator that ships: a generated sticker in a generated scene, with the words if they are whole."""

from collections.abc import Sequence
from dataclasses import replace

from models.card import make_card
from models.generation import OUR_LICENCE, Generation, KeepGoing, Prompt
from models.scene import SceneMaker
from models.sticker import StickerGenerator, to_image


class ImageGenerator:
    """Paints the subject with the sticker generator, and what is around it with the scene maker."""

    licence = OUR_LICENCE

    def __init__(self, painter: StickerGenerator, scenes: SceneMaker) -> None:
        self.painter, self.scenes = painter, scenes
        painted_by = painter.version.removeprefix("sticker-")
        self.version = f"{scenes.version.replace('scene', 'card')}-{painted_by}"

    def check_text(self, text: str) -> None:
        """Any text can be painted."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One card for each prompt; none if `keep_going` stopped it in either model."""
        painting = self.painter.paint(prompts, keep_going)
        planned = painting.num_planned + self.scenes.num_evaluations
        if painting.stopped:
            return Generation(painting.num_evaluations, planned)
        made = self.scenes.make(
            painting.texts_BT,
            [prompt.seed for prompt in prompts],
            [prompt.colour for prompt in prompts],
            lambda evaluation: keep_going(painting.num_planned + evaluation),
        )
        done = painting.num_planned + made.num_evaluations
        if done < planned:
            return Generation(done, planned)
        cards = [
            make_card(scene, to_image(picture_CHW), prompt.text if prompt.lettering else "")
            for prompt, picture_CHW, scene in zip(prompts, painting.pictures_BCHW, made.images, strict=True)
        ]
        return replace(self.painter.generation(painting, cards), num_evaluations=done, num_planned=planned)
