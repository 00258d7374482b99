"""What is true of every large model that diffusers runs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.generation import Prompt
from models.hub.loading import load_part
from models.hub.lora import FILE
from tests.models.hub.conftest import CHOICES, Loaded

WITH_LORA = [name for name in CHOICES if name != "sticker"]


@pytest.fixture(params=CHOICES)
def choice(request: pytest.FixtureRequest, loaded: Callable[[str], Loaded]) -> Loaded:
    return loaded(request.param)


def test_a_batch_of_different_prompts_and_seeds_becomes_one_medium_each(choice: Loaded) -> None:
    made = choice.generator.generate([Prompt("red heart", 1), Prompt("cat", 2, interests=("jazz",))])
    assert made.num_evaluations == made.num_planned == 2
    first, second = made.media
    assert first.data != second.data
    for medium in made.media:
        assert np.linalg.norm(medium.embedding) == pytest.approx(1, abs=1e-3)
        assert -1 <= medium.cosine <= 1


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(choice: Loaded) -> None:
    first, again, other = (
        choice.generator.generate([Prompt("dog", seed)]).media[0].data for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def test_the_words_make_a_difference(choice: Loaded) -> None:
    dog, cat = (choice.generator.generate([Prompt(text, 5)]).media[0].data for text in ("dog", "a red cat"))
    assert dog != cat


@pytest.mark.parametrize("stop_at", [0, 1])
def test_a_run_that_nobody_waits_for_stops_after_the_step(choice: Loaded, stop_at: int) -> None:
    made = choice.generator.generate([Prompt("dog", 1)], lambda done: done < stop_at)
    assert (made.media, made.num_evaluations, made.num_planned) == ((), stop_at, 2)
    assert len(choice.generator.generate([Prompt("dog", 1)]).media) == 1, "the next run is not stopped"


def test_a_missing_checkpoint_is_a_clear_error(choice: Loaded, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing"):
        choice.load(replace(choice.model, checkpoint=str(tmp_path / "nothing")))


def test_what_was_loaded_is_named_in_the_version(choice: Loaded) -> None:
    assert choice.generator.version.startswith(Path(choice.model.checkpoint).name)


@pytest.mark.parametrize("name", WITH_LORA)
def test_a_lora_changes_what_is_made(loaded: Callable[[str], Loaded], name: str, tmp_path: Path) -> None:
    choice = loaded(name)
    torch.manual_seed(1)
    part, layer = next(
        (part, layer)
        for part, layer in load_part(choice.model, "transformer").named_modules()
        if part.endswith(("to_q", "to_k")) and isinstance(layer, torch.nn.Linear)
    )
    low = {
        f"transformer.{part}.lora_A.weight": torch.randn(2, layer.in_features),
        f"transformer.{part}.lora_B.weight": 5 * torch.randn(layer.out_features, 2),
    }
    save_file(low, tmp_path / FILE)
    tuned = choice.load(replace(choice.model, lora=str(tmp_path)))
    before, after = (each.generate([Prompt("dog", 1)]).media[0].data for each in (choice.generator, tuned))
    assert before != after


@pytest.mark.parametrize("name", CHOICES)
def test_a_missing_lora_is_a_clear_error(
    loaded: Callable[[str], Loaded], name: str, tmp_path: Path
) -> None:
    choice = loaded(name)
    with pytest.raises(ValueError, match="nothing"):
        choice.load(replace(choice.model, lora=str(tmp_path / "nothing")))


def test_a_lora_of_another_model_is_a_clear_error(loaded: Callable[[str], Loaded], tmp_path: Path) -> None:
    choice = loaded("StableAudio3Pipeline")
    save_file({"transformer.blocks.0.to_q.lora_A.weight": torch.zeros(2, 4)}, tmp_path / FILE)
    with pytest.raises(ValueError, match=r"not of this transformer: blocks\.0\.to_q"):
        choice.load(replace(choice.model, lora=str(tmp_path)))


@pytest.mark.parametrize("name", ["Flux2KleinPipeline", "WanPipeline"])
def test_models_that_are_moved_in_and_out_make_the_same_and_still_stop(
    loaded: Callable[[str], Loaded], name: str
) -> None:
    choice = loaded(name)
    moved = choice.load(replace(choice.model, offload="model"))
    assert not moved.generate([Prompt("dog", 1)], lambda done: done < 1).media
    here, there = (each.generate([Prompt("dog", 1)]).media[0].data for each in (choice.generator, moved))
    assert here == there


def test_the_transformer_is_compiled_when_the_settings_say_so(loaded: Callable[[str], Loaded]) -> None:
    choice = loaded("WanPipeline")
    compiled = choice.load(replace(choice.model, compile=True)).pipeline.loaded.transformer
    assert compiled._compiled_call_impl is not None
    assert choice.generator.pipeline.loaded.transformer._compiled_call_impl is None
