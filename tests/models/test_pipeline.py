from pathlib import Path

import pytest
import torch
from diffusers import FlowMatchHeunDiscreteScheduler

from models.pipeline import MediaFlowPipeline, integrate, set_start
from models.references import Wish


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


def test_the_style_changes_what_the_transformer_makes_of_the_same_noise(
    tiny_pipeline: MediaFlowPipeline,
) -> None:
    texts, wishes = unit_rows(1).expand(2, -1), [Wish(style=0), Wish(style=1)]
    before = tiny_pipeline(texts, [1, 1], wishes=wishes).pictures_BCFHW
    assert torch.allclose(before[0], before[1], atol=1e-5)  # as every style begins
    tiny_pipeline.transformer.style_vectors.data[1].normal_()
    after = tiny_pipeline(texts, [1, 1], wishes=wishes).pictures_BCFHW
    assert torch.allclose(before[0], after[0], atol=1e-5)
    assert not torch.allclose(before[1], after[1], atol=1e-2)


def test_the_lower_the_strength_the_nearer_it_stays_to_its_reference(
    tiny_pipeline: MediaFlowPipeline,
) -> None:
    text = unit_rows(1)
    rows = tiny_pipeline.references.pick(text, [1], [Wish()])
    reference = tiny_pipeline.vae.decode(tiny_pipeline.references.latents([0], rows))
    distances, evaluations = [], []
    for strength in (0.1, 0.5, 1.0):
        made = tiny_pipeline(text, [1], num_inference_steps=10, guidance_scale=1.0, strength=strength)
        distances.append(float((made.pictures_BCFHW[:, :, 0] - reference).abs().mean()))
        evaluations.append(made.num_evaluations)
        assert made.num_evaluations == made.num_planned
    assert distances == sorted(distances)
    assert evaluations == [19, 19, 19]


@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_the_steps_follow_a_straight_flow_from_the_strength_exactly_to_its_end(strength: float) -> None:
    goal, noise = torch.randn(2, 3, 1, 2, 2), torch.randn(2, 3, 1, 2, 2)

    class Straight(torch.nn.Module):
        def forward(self, latents: torch.Tensor, times: torch.Tensor, *_: object) -> torch.Tensor:
            return (latents - goal) / times.view(-1, 1, 1, 1, 1)

    for steps in (1, 2, 5):
        scheduler = FlowMatchHeunDiscreteScheduler()
        set_start(scheduler, steps, strength)
        begun = strength * noise + (1 - strength) * goal
        ended, evaluations = integrate(Straight(), scheduler, begun, torch.zeros(2, 384), 1.0)
        assert torch.allclose(ended, goal, atol=1e-5)
        assert evaluations == 2 * steps - 1


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
