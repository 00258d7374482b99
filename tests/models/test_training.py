import io
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from catalog.items import CatalogItem, Term
from models.training.flow import make_references
from models.training.loop import learning_rate_factor, make_optimisers, train_stage
from models.training.settings import (
    AudioTraining,
    ImageTraining,
    StageSettings,
    StickerTraining,
    VideoTraining,
)
from models.training.stickers import (
    Stickers,
    augment,
    caption_texts,
    load_stickers,
    load_styles,
    picture_from_bytes,
)
from models.transformer import FlowTransformer

ROOT = Path(__file__).resolve().parents[2]


def stage(steps: int, optimiser: Literal["adamw", "muon"] = "adamw") -> StageSettings:
    return StageSettings(
        steps=steps,
        optimiser=optimiser,
        batch_size=4,
        learning_rate=0.1,
        warmup_steps=1,
        cooldown=0,
        checkpoint_every=3,
    )


def regression_loss(model: nn.Module, generator: torch.Generator) -> Tensor:
    x = torch.randn(4, 2, generator=generator)
    return ((model(x) - x.sum(1, keepdim=True)) ** 2).mean()


class TwoBlocks(nn.Module):
    """A matrix inside a block, which Muon takes, and a head, which it leaves to AdamW."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(2, 2)])
        self.head = nn.Linear(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.blocks[0](x))
        return y


def run(folder: Path, steps: int, optimiser: Literal["adamw", "muon"] = "adamw") -> dict[str, Tensor]:
    torch.manual_seed(0)
    settings = stage(steps, optimiser)
    averaged = train_stage(
        TwoBlocks(), regression_loss, settings, folder, seed=0, report=lambda _model, _step: None
    )
    return averaged.state_dict()


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_a_run_that_was_stopped_goes_on_exactly_where_it_was(
    tmp_path: Path, optimiser: Literal["adamw", "muon"]
) -> None:
    whole = run(tmp_path / "whole", 6, optimiser)
    run(tmp_path / "stopped", 3, optimiser)
    resumed = run(tmp_path / "stopped", 6, optimiser)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_run_does_not_go_on_with_another_optimiser(tmp_path: Path) -> None:
    run(tmp_path, 3, "adamw")
    with pytest.raises(ValueError, match="take another --run-dir"):
        run(tmp_path, 6, "muon")


def test_muon_takes_the_matrices_of_the_blocks_and_adamw_every_other_parameter() -> None:
    model = FlowTransformer(latent_channels=4, latent_shape=(1, 2, 2), width=16, depth=2, heads=2)
    muon, adamw = make_optimisers(model, stage(1, "muon"))
    taken, rest = ([p for group in o.param_groups for p in group["params"]] for o in (muon, adamw))
    assert len(taken) == 2 * 4  # qkv, out and the two of the MLP in each block
    assert {id(p) for p in taken + rest} == {id(p) for p in model.parameters()}
    assert len(taken) + len(rest) == len(list(model.parameters()))


def test_a_finished_run_is_loaded_and_not_trained_again(tmp_path: Path) -> None:
    first = run(tmp_path, 6)
    before = (tmp_path / "checkpoint.pt").stat().st_mtime_ns
    assert all(torch.equal(first[name], value) for name, value in run(tmp_path, 6).items())
    assert (tmp_path / "checkpoint.pt").stat().st_mtime_ns == before


def test_the_learning_rate_warms_up_holds_and_cools_down() -> None:
    plan = StageSettings(steps=100, batch_size=1, learning_rate=1, warmup_steps=10, cooldown=0.5)
    factors = [learning_rate_factor(step, plan) for step in range(101)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[10] == factors[49] == 1.0
    assert factors[75] == pytest.approx(0.5)
    assert factors[100] == 0.0


def sticker(label: str, terms: tuple[str, ...]) -> CatalogItem:
    image = Image.new("RGBA", (100, 60))
    ImageDraw.Draw(image).rectangle((40, 20, 59, 29), fill=(255, 0, 0, 255))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return CatalogItem(
        "id", "sticker", "image/png", 100, 60, None, label, None, tuple(Term(t, "en", "emojilib") for t in terms),
        "g", "MIT", "someone", "package", "path", "0" * 64, buffer.getvalue(), None, None,
    )  # fmt: skip


def test_a_picture_is_cropped_to_what_is_visible_and_premultiplied() -> None:
    pixels = picture_from_bytes(sticker("red bar", ()).data, 32)
    assert pixels.shape == (4, 32, 32)
    assert tuple(pixels[:, 16, 16]) == (255, 0, 0, 255)
    assert not pixels[:, 0, 0].any()
    visible = (pixels[3] > 128).any(0).mean()
    assert visible > 0.9


def test_captions_are_the_label_the_label_with_terms_and_each_term() -> None:
    texts = caption_texts(sticker("red bar", ("long", "wide", "bar")))
    assert texts[0] == "red bar"
    assert {"long", "wide", "bar"} <= set(texts)
    assert any(text.startswith("red bar, ") for text in texts)


def test_lettered_stickers_are_never_mirrored() -> None:
    loaded = load_stickers([sticker("OK button", ()), sticker("cat face", ())], 32)
    assert loaded.mirrored_N.tolist() == [False, True]
    pictures = torch.from_numpy(loaded.pictures_NCHW).float() / 127.5 - 1
    views = augment(pictures, torch.zeros(2, dtype=torch.bool), torch.Generator().manual_seed(0))
    assert views.shape == pictures.shape
    assert views.min() >= -1.001


def test_no_sticker_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="no sticker among them"):
        load_stickers([], 32)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs" / "train").glob("*.yaml")), ids=lambda path: path.name
)
def test_every_training_file_loads_and_unknown_keys_are_errors(path: Path, tmp_path: Path) -> None:
    kinds = {"video": VideoTraining, "audio": AudioTraining, "image": ImageTraining}
    kind = kinds.get(path.stem, StickerTraining)
    assert kind.load(path).flow.steps > 0  # type: ignore[attr-defined]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(path.read_text() + "\nlearning_rte: 1\n")
    with pytest.raises(ValueError, match="learning_rte"):
        kind.load(wrong)  # type: ignore[attr-defined]


def test_pictures_keep_their_order() -> None:
    loaded = load_stickers([sticker("a", ()), sticker("b", ())], 32)
    assert loaded.labels == ("a", "b")
    assert np.array_equal(loaded.pictures_NCHW[0], loaded.pictures_NCHW[1])


def test_other_styles_that_were_not_drawn_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"catalog\.recipe\.styles"):
        load_styles(tmp_path, 32)


def test_a_motif_is_one_reference_in_each_style_that_has_it() -> None:
    cat, ball = sticker("cat face", ()), sticker("ball", ())
    cat = replace(cat, item_id="cat")
    ball = replace(ball, item_id="ball")
    parts = [load_stickers([ball, cat], 32), load_stickers([cat], 32, "flat")]
    both = Stickers(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("pictures_NCHW", "styles_N", "mirrored_N")),
        *(tuple(each for part in parts for each in getattr(part, name)) for name in ("ids", "labels", "texts")),
    )  # fmt: skip
    keys = torch.nn.functional.normalize(torch.tensor([[1.0, 0], [0, 1], [0, 1]]), dim=1)
    references = make_references(
        both, keys, torch.ones(3, 4, 2, 2) * torch.tensor([1.0, 2, 3])[:, None, None, None]
    )
    assert references.keys_MT.tolist() == [[1, 0], [0, 1]]
    assert references.latents([0, 0, 1], [0, 1, 1])[:, 0, 0, 0].tolist() == pytest.approx(
        [1, 2, 3], rel=1e-3
    )
    assert (references.scales_SM > 0).tolist() == [[True, True], [False, True]]
