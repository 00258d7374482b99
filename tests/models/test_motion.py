import io
from pathlib import Path

import pytest
import torch
from diffusers import FlowMatchHeunDiscreteScheduler
from PIL import Image, ImageDraw

from catalog.items import CatalogItem, Term
from models.autoencoder import Autoencoder
from models.motion import GRID, fields_to_latents, latents_to_fields, warp
from models.pipeline import MediaFlowPipeline
from models.references import References
from models.training.clips import load_clips, loop_indices
from models.training.fields import affine_fields, fit_fields, halved
from models.training.motions import MOTIONS, draw_places, place
from models.training.settings import StageSettings, VideoTraining
from models.training.video import train_video
from models.transformer import FlowTransformer


def disc(size: int = 64, radius: float = 0.5) -> torch.Tensor:
    """A red disc (1, 4, size, size) with a soft edge, premultiplied in [-1, 1]."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    alpha = torch.sigmoid(12 * (radius - (x**2 + y**2).sqrt()))
    return torch.stack([alpha, 0 * alpha, 0 * alpha, alpha])[None] * 2 - 1


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_fields_become_latents_and_come_back_with_the_first_frame_at_rest() -> None:
    fields = torch.randn(2, 5, 2, GRID, GRID, generator=generator())
    latents = fields_to_latents(fields)
    assert latents.shape == (2, 8, 5, GRID // 2, GRID // 2)
    assert torch.allclose(latents_to_fields(latents), fields - fields[:, :1], atol=1e-6)


def test_a_field_of_zeros_leaves_the_picture_as_it_is_and_another_moves_it() -> None:
    still, fields = disc(), torch.zeros(1, 2, 2, GRID, GRID)
    fields[:, 1, 0] = -0.25  # taken from further left: everything moves right by an eighth of the width
    frames = warp(still, fields)
    assert torch.allclose(frames[:, 0], still, atol=1e-4)
    assert torch.allclose(frames[:, 1, :, :, 8:], still[..., :-8], atol=0.05)


def test_the_fields_of_what_is_placed_in_code_are_exact() -> None:
    placed = draw_places(4, 6, generator())
    pictures = disc().expand(4, -1, -1, -1)
    first = place(pictures, placed[:, 0])
    bent = warp(first, affine_fields(placed))
    for frame in range(6):
        assert (bent[:, frame] - place(pictures, placed[:, frame])).abs().mean() < 0.01


def test_every_motion_is_a_loop() -> None:
    phase = torch.tensor([0.3, 0.3 + 4 * torch.pi])
    for motion in MOTIONS:
        for values in motion(phase):
            assert torch.allclose(values[0], values[1], atol=1e-4)


def test_fitted_fields_explain_most_of_what_moved() -> None:
    placed = draw_places(2, 4, generator(3))
    clips = torch.stack([place(disc().expand(2, -1, -1, -1), placed[:, f]) for f in range(4)], dim=1)
    before = (clips[:, :1] - clips).abs().mean()
    after = (warp(clips[:, 0], fit_fields(clips)) - clips).abs().mean()
    assert after < 0.3 * before
    assert halved(clips).shape == (2, 4, 4, 32, 32)


def item(media_type: str, label: str, data: bytes, mime_type: str) -> CatalogItem:
    return CatalogItem(
        label, media_type, mime_type, 64, 64, None, label, None, (Term("round", "en", "emojilib"),),  # type: ignore[arg-type]
        "g", "MIT", "someone", "package", "path", "0" * 64, data, None, None,
    )  # fmt: skip


def picture(left: int) -> Image.Image:
    image = Image.new("RGBA", (64, 64))
    ImageDraw.Draw(image).ellipse((left, 16, left + 30, 46), fill=(250, 200, 40, 255))
    return image


@pytest.fixture
def items() -> list[CatalogItem]:
    """Three stickers, and two clips that begin empty."""
    still, clip = io.BytesIO(), io.BytesIO()
    picture(15).save(still, "WEBP")
    frames = [Image.new("RGBA", (64, 64)), *(picture(left) for left in (5, 10, 20, 25, 20, 10))]
    frames[0].save(clip, "WEBP", save_all=True, append_images=frames[1:], duration=80, loop=0)
    return [
        *(item("sticker", f"ball {n}", still.getvalue(), "image/webp") for n in range(3)),
        *(item("video", f"ball {n}, animated", clip.getvalue(), "image/webp") for n in range(2)),
    ]


def test_a_loop_begins_where_the_picture_is_there(items: list[CatalogItem]) -> None:
    clips = load_clips(items, 32)
    assert clips.texts[0][0] == "ball 0"
    for seed in range(20):
        indices = loop_indices(clips.frames[0], 4, generator(seed))
        assert len(indices) == 4
        assert indices[0] != 0


def test_no_clip_is_a_clear_error(items: list[CatalogItem]) -> None:
    with pytest.raises(ValueError, match="no clip among them"):
        load_clips(items[:3], 32)


def test_a_tiny_video_job_runs_whole_and_its_weights_load(items: list[CatalogItem], tmp_path: Path) -> None:
    vae = Autoencoder(picture_size=128, latent_channels=8, widths=(8, 16, 24)).eval()
    transformer = FlowTransformer(8, (1, 8, 8), width=32, depth=3, heads=2)
    references = References.of(torch.eye(2, 384), torch.randn(1, 2, 8, 8, 8), torch.zeros(1, 2))
    out = tmp_path / "weights"
    MediaFlowPipeline(transformer, vae, FlowMatchHeunDiscreteScheduler(), references).save_pretrained(
        out / "sticker"
    )
    flow = StageSettings(steps=50, batch_size=2, learning_rate=1e-3, checkpoint_every=50)
    settings = VideoTraining(frames=4, views=2, blocks=(0, 2), flow=flow)
    train_video(settings, items, tmp_path / "run", out)
    trained = FlowTransformer.from_pretrained(out / "video")
    assert tuple(trained.config.latent_shape) == (4, 4, 4)
    assert len(trained.blocks) == 2
    assert (tmp_path / "run" / "sheets" / "000050.png").exists()
    assert "video/diffusion_pytorch_model.safetensors" in (out / "SHA256SUMS").read_text()
