import json
from pathlib import Path

import pytest
import torch

from models.references import References, Worth
from models.transformer import FlowTransformer
from models.tuned import TunedSticker
from rl.tuning.ddpo import DDPOConfig
from rl.tuning.flow_module import NOISED, TIMES, VELOCITY, FlowModule
from rl.tuning.settings import GeneratorTuning
from rl.tuning.sheet import before_and_after
from rl.tuning.tune import tune_generator
from rl.tuning.velocity import conditions_of_small, load_small
from tests.rl.tastes import FirstChannel, liking, save_tiny_weights, tiny_shown

NFT = GeneratorTuning(
    learning_rate=5e-3, lora_rank=4, iterations=2, updates_per_iteration=25, batch_size=48, stay=0.0,
    strength=0.7, checkpoint_every=1, guidance=1.0,
)  # fmt: skip
DDPO = NFT.model_copy(
    update={
        "algorithm": "ddpo",
        "iterations": 12,
        "prompts": 12,
        "group": 8,
        "steps": 3,
        "clip": 0.1,
        "passes": 2,
    }
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_weights(tmp_path_factory.mktemp("weights"))


def before(weights: Path) -> float:
    base = FlowTransformer.from_pretrained(weights / "sticker" / "transformer")
    return liking(base, weights, tiny_shown())


def as_tuned(made: FlowTransformer, weights: Path) -> TunedSticker:
    """With the choice of references that it began with."""
    references = References.from_pretrained(weights / "sticker" / "references")
    return TunedSticker("sticker-rl-tiny", made, Worth(references.worth_SM, references.identity))


@pytest.mark.parametrize(("name", "algorithm"), [("nft", "nft"), ("ddpo", "ddpo"), ("hub", "nft")])
def test_the_shipped_settings_load(name: str, algorithm: str) -> None:
    assert GeneratorTuning.load(Path(f"configs/rl/{name}.yaml")).algorithm == algorithm


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_the_state_of_a_module_is_all_that_it_learned(weights: Path, lora_rank: int) -> None:
    arguments = {"transformer": str(weights / "sticker" / "transformer"), "lora_rank": lora_rank}
    config = DDPOConfig().generator(load_small, arguments)
    learned, fresh = (config.get_default_rl_module_spec().build() for _ in range(2))
    with torch.no_grad():
        for weight in learned.trained():
            weight.add_(torch.randn_like(weight), alpha=0.3)
    learned.follow(0.5)
    media = tiny_shown().media
    batch = {NOISED: media.latents_NCFHW, TIMES: torch.full((len(media),), 0.5)} | conditions_of_small(
        media
    )

    def velocities(module: FlowModule) -> torch.Tensor:
        with torch.no_grad():
            now = module.forward_train(batch)[VELOCITY]
        return torch.stack(
            [now, module.velocity_of(module.old, batch), module.velocity_of(module.base, batch)]
        )

    assert not torch.allclose(velocities(fresh), velocities(learned), atol=1e-3)
    fresh.set_state(learned.get_state())
    assert torch.allclose(velocities(fresh), velocities(learned), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [NFT, DDPO], ids=["nft", "ddpo"])
def test_people_like_better_what_is_made_after_tuning(
    settings: GeneratorTuning, weights: Path, tmp_path: Path, cluster: None
) -> None:
    shown = tiny_shown()
    made = tune_generator(settings, shown, FirstChannel(), weights, tmp_path)
    assert liking(made, weights, shown) > before(weights) + 0.03


@pytest.mark.slow
@pytest.mark.parametrize("settings", [NFT, DDPO], ids=["nft", "ddpo"])
def test_a_run_goes_on_where_it_stopped_and_refuses_other_media(
    settings: GeneratorTuning, weights: Path, tmp_path: Path, cluster: None
) -> None:
    shown, settings = tiny_shown(), settings.model_copy(update={"iterations": 2})
    short = settings.model_copy(update={"iterations": 1})
    tune_generator(short, shown, FirstChannel(), weights, tmp_path)
    made = tune_generator(settings, shown, FirstChannel(), weights, tmp_path)
    assert len((tmp_path / "curves.jsonl").read_text().splitlines()) == 2
    before_and_after(settings, shown, as_tuned(made, weights), weights, tmp_path)
    assert (tmp_path / "sheet.png").stat().st_size > 0
    with pytest.raises(ValueError, match="holds a run on other media"):
        tune_generator(settings, shown.take(torch.arange(50)), FirstChannel(), weights, tmp_path)


@pytest.mark.slow
def test_after_a_restart_other_chains_are_sampled_than_before(
    weights: Path, tmp_path: Path, cluster: None
) -> None:
    still = DDPO.model_copy(update={"iterations": 1, "learning_rate": 1e-12})
    for iterations in (1, 2):
        longer = still.model_copy(update={"iterations": iterations})
        tune_generator(longer, tiny_shown(), FirstChannel(), weights, tmp_path)
    first, second = map(json.loads, (tmp_path / "curves.jsonl").read_text().splitlines())
    assert first["reward"] != pytest.approx(second["reward"], rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [NFT, DDPO], ids=["nft", "ddpo"])
def test_learners_and_samplers_are_actors_if_there_are_any(
    settings: GeneratorTuning, weights: Path, tmp_path: Path, cluster: None
) -> None:
    change = {"iterations": 1, "updates_per_iteration": 3, "num_learners": 2, "batch_size": 24}
    runners = {"num_env_runners": 1, "num_learners": 0} if settings.algorithm == "ddpo" else {}
    made = tune_generator(
        settings.model_copy(update=change | runners), tiny_shown(), FirstChannel(), weights, tmp_path
    )
    base = FlowTransformer.from_pretrained(weights / "sticker" / "transformer")
    assert not torch.equal(made.blocks[0].qkv.weight, base.blocks[0].qkv.weight)
