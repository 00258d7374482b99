from pathlib import Path

import pytest
import torch

from models.pipeline import MediaFlowPipeline


def unit_rows(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.nn.functional.normalize(torch.randn(count, 384, generator=generator), dim=-1)


def test_a_pipeline_makes_one_picture_for_each_text_and_seed(tiny_pipeline: MediaFlowPipeline) -> None:
    made = tiny_pipeline(unit_rows(3), [1, 2, 3], num_inference_steps=2)
    assert made.pictures_BCFHW.shape == (3, 4, 1, 32, 32)
    assert made.num_evaluations == made.num_planned == 3


def test_the_same_seed_makes_the_same_pixels_and_another_seed_does_not(
    tiny_pipeline: MediaFlowPipeline,
) -> None:
    first, again, other = (tiny_pipeline(unit_rows(1), [seed]).pictures_BCFHW for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


def test_the_text_and_the_guidance_change_the_picture(tiny_pipeline: MediaFlowPipeline) -> None:
    rows = unit_rows(2)
    first = tiny_pipeline(rows[:1], [1]).pictures_BCFHW
    assert not torch.allclose(first, tiny_pipeline(rows[1:], [1]).pictures_BCFHW)
    assert not torch.allclose(first, tiny_pipeline(rows[:1], [1], guidance_scale=1.0).pictures_BCFHW)


def test_the_lower_the_strength_the_nearer_it_stays_to_its_reference_and_the_fewer_steps_it_takes(
    tiny_pipeline: MediaFlowPipeline,
) -> None:
    text = unit_rows(1)
    reference = tiny_pipeline.vae.decode(tiny_pipeline.references.pick(text, [1], [None]))
    distances, evaluations = [], []
    for strength in (0.1, 0.5, 1.0):
        made = tiny_pipeline(text, [1], num_inference_steps=10, guidance_scale=1.0, strength=strength)
        distances.append(float((made.pictures_BCFHW[:, :, 0] - reference).abs().mean()))
        evaluations.append(made.num_evaluations)
        assert made.num_evaluations == made.num_planned
    assert distances == sorted(distances)
    assert evaluations == [1, 9, 19]


@pytest.mark.parametrize("stop_at", [0, 1, 2])
def test_sampling_stops_within_one_evaluation_when_nobody_waits(
    tiny_pipeline: MediaFlowPipeline, stop_at: int
) -> None:
    made = tiny_pipeline(unit_rows(1), [1], num_inference_steps=4, keep_going=lambda done: done < stop_at)
    assert made.num_evaluations == stop_at
    assert made.num_planned == 7


def test_a_saved_pipeline_loads_from_its_folder_and_makes_the_same_picture(
    tiny_pipeline: MediaFlowPipeline, tmp_path: Path
) -> None:
    tiny_pipeline.save_pretrained(tmp_path)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".json", ".safetensors"}
    loaded = MediaFlowPipeline.from_pretrained(tmp_path)
    before = tiny_pipeline(unit_rows(1), [3]).pictures_BCFHW
    assert torch.equal(before, loaded(unit_rows(1), [3]).pictures_BCFHW)
