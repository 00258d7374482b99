from pathlib import Path

import pytest

from models.transformer import FlowTransformer
from rl.tuning.forgetting import flow_losses, forgetting
from rl.tuning.settings import GeneratorTuning
from rl.tuning.tune import tune_generator
from tests.rl.tastes import FirstChannel, save_tiny_weights, tiny_shown

NFT = GeneratorTuning(
    learning_rate=5e-3, lora_rank=4, iterations=1, updates_per_iteration=30, batch_size=48, stay=0.0, strength=0.7,
    guidance=1.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_weights(tmp_path_factory.mktemp("weights"))


def test_what_was_not_tuned_has_forgotten_nothing(weights: Path) -> None:
    base = FlowTransformer.from_pretrained(weights / "sticker" / "transformer").float()
    found = forgetting(NFT, base, weights)
    assert (found.value, found.lower, found.upper) == (0, 0, 0)


def test_the_loss_is_what_is_missing_to_the_way_from_a_picture_to_the_noise(weights: Path) -> None:
    """A network that says nothing misses all of it: the mean square of noise and picture."""
    base = FlowTransformer.from_pretrained(weights / "sticker" / "transformer").float()
    for weight in base.proj_out.parameters():
        weight.data.zero_()
    media = tiny_shown().media
    expected = 1 + float(media.latents_NCFHW.square().mean())
    assert flow_losses(base, media, NFT).mean() == pytest.approx(expected, rel=0.05)


@pytest.mark.slow
def test_with_replay_less_is_forgotten(weights: Path, tmp_path: Path, cluster: None) -> None:
    shown = tiny_shown()
    lost = {}
    for replay in (0.0, 1.0):
        settings = NFT.model_copy(update={"replay": replay})
        made = tune_generator(settings, shown, FirstChannel(), weights, tmp_path / str(replay))
        lost[replay] = forgetting(settings, made, weights)
    assert lost[1.0].upper < lost[0.0].lower
