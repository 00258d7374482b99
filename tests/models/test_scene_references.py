from collections import Counter

import torch
from hypothesis import given
from hypothesis import strategies as st

from models.scene_references import SceneReferences
from models.training.scenes.references import fit_families

TEXTS = torch.eye(3, 384)
LATENTS = torch.randn(3, 3, 4, 2, 2, generator=torch.Generator().manual_seed(0))
REFERENCES = SceneReferences.of(4 * TEXTS, torch.zeros(3), LATENTS)


def family_and_shade(latents_CHW: torch.Tensor) -> tuple[int, int]:
    nearest = (LATENTS - latents_CHW).abs().amax((2, 3, 4))
    assert float(nearest.min()) < 0.02, "it is none of those that were given"
    family, shade = divmod(int(nearest.argmin()), 3)
    return family, shade


@given(st.integers(0, 2**62), st.integers(0, 2), st.integers(0, 2))
def test_what_is_picked_has_the_asked_shade_and_is_the_same_for_a_seed(
    seed: int, text: int, shade: int
) -> None:
    first, again = (
        REFERENCES.pick(TEXTS[text : text + 1], [seed], torch.tensor([shade])) for _ in range(2)
    )
    assert torch.equal(first, again)
    assert family_and_shade(first[0])[1] == shade


def test_the_family_that_is_likeliest_is_drawn_most_and_others_now_and_then() -> None:
    between = torch.nn.functional.normalize(TEXTS[:1] + 0.85 * TEXTS[1:2], dim=1)
    texts, shades = between.expand(300, -1), torch.zeros(300, dtype=torch.long)
    picked = REFERENCES.pick(texts, range(300), shades)
    drawn = Counter(family_and_shade(each)[0] for each in picked)
    assert drawn[0] > drawn[1] > 60
    assert drawn[2] < 15


def test_a_regression_learns_which_texts_belong_to_which_family() -> None:
    generator = torch.Generator().manual_seed(0)
    family_M = torch.arange(5).repeat_interleave(6)
    kinds = torch.randn(5, 384, generator=generator)
    captions = torch.nn.functional.normalize(
        kinds[family_M] + torch.randn(30, 384, generator=generator), dim=1
    )
    weights, bias = fit_families(captions, family_M, 5)
    references = SceneReferences.of(weights, bias, torch.ones(5, 3, 4, 2, 2))
    new = torch.nn.functional.normalize(kinds + 0.5 * torch.randn(5, 384, generator=generator), dim=1)
    assert references.likelihood(new).argmax(1).tolist() == [0, 1, 2, 3, 4]
    assert torch.allclose(references.likelihood(new).sum(1), torch.ones(5), atol=1e-5)
