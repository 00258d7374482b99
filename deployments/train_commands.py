"""`gramoji train`: train the small models that ship."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.settings import DEFAULT_CONFIG

train_app = typer.Typer(help="Train the small models that ship, from the catalogue.", no_args_is_help=True)

Config = Annotated[Path, typer.Option(help="Training settings.")]
RunDir = Annotated[Path, typer.Option(help="Folder of checkpoints, loss curves and sheets.")]
Out = Annotated[Path, typer.Option(help="Folder that receives the weights.")]
TRAINING, WEIGHTS = DEFAULT_CONFIG.parent / "train", Path("models/weights")


@train_app.command("sticker")
def train_sticker_command(
    config: Config = TRAINING / "sticker.yaml",
    run_dir: RunDir = Path("runs/sticker"),
    out: Out = WEIGHTS,
    start_from: Annotated[
        Path | None, typer.Option(help="Begin with the weights in this folder, such as models/weights.")
    ] = None,
) -> None:
    """Train autoencoder, picture encoder and flow transformer; started again, it goes on where it stopped."""
    from models.training.job import train_sticker
    from models.training.settings import StickerTraining

    train_sticker(StickerTraining.load(config), run_dir, out, start_from)


@train_app.command("image")
def train_image_command(
    config: Config = TRAINING / "image.yaml",
    run_dir: RunDir = Path("runs/image"),
    out: Out = WEIGHTS,
) -> None:
    """Train what makes scenes: autoencoder and transformer; started again, it goes on where it stopped."""
    from models.training.image import train_image
    from models.training.settings import ImageTraining

    train_image(ImageTraining.load(config), run_dir, out)


@train_app.command("video")
def train_video_command(
    config: Config = TRAINING / "video.yaml",
    run_dir: RunDir = Path("runs/video"),
    out: Annotated[
        Path, typer.Option(help="Folder with the sticker's weights, which receives the video's.")
    ] = Path("models/weights"),
) -> None:
    """Train the transformer that animates a sticker; started again, it goes on where it stopped."""
    from catalog.reader import read_items
    from models.training.settings import VideoTraining
    from models.training.video import train_video

    items = list(read_items(media_types=("sticker", "video")))
    train_video(VideoTraining.load(config), items, run_dir, out)


@train_app.command("audio")
def train_audio_command(
    config: Config = TRAINING / "audio.yaml",
    run_dir: RunDir = Path("runs/audio"),
    out: Out = WEIGHTS,
) -> None:
    """Train what makes effects and jingles: vocoder, judge and transformer; started again, it goes on."""
    from catalog.reader import read_items
    from models.training.audio import train_audio
    from models.training.settings import AudioTraining

    train_audio(AudioTraining.load(config), list(read_items(media_types=("audio",))), run_dir, out)
