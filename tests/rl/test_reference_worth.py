"""What people want of references decides how often each is drawn, as the best policy near the base has it."""

import pytest
import torch
from torch import Tensor

from models.generation import ORDERED
from models.references import References, Wish
from rl.tuning.latent_media import LatentMedia
from rl.tuning.reference_worth import as_media, reference_worth

MOTIFS, DRAWS = 4, 6000
TEMPERATURE = 2.0
TEXTS_GT = torch.eye(MOTIFS)  # each motif is crowded alike


@pytest.fixture
def references() -> References:
    """Motifs that fit alike, the first channel of each its number; the second style lacks the last one."""
    numbers_SM = torch.arange(1.0, MOTIFS + 1).repeat(2, 1)
    numbers_SM[1, -1] = 0
    latents = numbers_SM[:, :, None, None, None].expand(2, MOTIFS, 3, 2, 2)
    return References.of(torch.eye(MOTIFS), latents, torch.zeros(2, MOTIFS))


def log_odds(media: LatentMedia) -> Tensor:
    return media.latents_NCFHW.flatten(1).mean(1) - 2


def preference(media: LatentMedia) -> Tensor:
    return log_odds(media).sigmoid()


def test_references_are_drawn_as_the_best_policy_near_the_base_draws_them(references: References) -> None:
    text = torch.nn.functional.normalize(torch.ones(1, MOTIFS), dim=1).expand(DRAWS, MOTIFS)
    references.prefer(reference_worth(references, preference, TEMPERATURE, TEXTS_GT))
    drawn = references.pick(text, range(0, DRAWS * ORDERED, ORDERED), [Wish()] * DRAWS)
    shares_M = torch.bincount(torch.tensor(drawn), minlength=MOTIFS) / DRAWS
    best_M = (log_odds(as_media(references))[:MOTIFS] / TEMPERATURE).softmax(0)
    assert shares_M.tolist() == pytest.approx(best_M.tolist(), abs=0.025)  # four standard errors


def test_worth_has_no_mean_and_is_nothing_for_what_a_style_lacks(references: References) -> None:
    worth_SM = reference_worth(references, preference, TEMPERATURE, TEXTS_GT).values_SM
    assert worth_SM.sum(1).tolist() == pytest.approx([0, 0], abs=1e-6)
    assert worth_SM[1, -1] == 0
    assert (worth_SM[0].diff() > 0).all()


def test_nobody_and_everybody_wanting_one_stays_finite(references: References) -> None:
    worth = reference_worth(references, lambda media: torch.arange(len(media)) % 2.0, 0.1, TEXTS_GT)
    assert worth.values_SM.isfinite().all()


def test_what_fits_many_texts_is_worth_less(references: References) -> None:
    often_GT = torch.eye(MOTIFS)[[0, 0, 1, 2, 3]]

    def indifferent(media: LatentMedia) -> Tensor:
        return torch.full((len(media),), 0.5)

    worth_SM = reference_worth(references, indifferent, 1.0, often_GT).values_SM
    assert (worth_SM[0, 0] < worth_SM[0, 1:]).all()
    assert worth_SM[0, 1:].std() < 1e-6
