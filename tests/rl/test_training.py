import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ranking.features import NAMES
from ranking.live_policy import POLICY
from ranking.policy import RankingPolicy, from_safetensors
from rl.log import RankingLog, read_log
from rl.ranker_settings import RankerTraining
from rl.scorer import Scorer
from rl.train_ranker import train_ranker, train_version
from store.registry import Registry
from tests.ranking import strategies as s
from tests.rl.logs import chances, draw_slate, log_rows

WEIGHTS = replace(s.SHIPPED, temperature=0.1)
LIVE = RankingPolicy(WEIGHTS)
TINY = RankerTraining(
    units=(16,),
    iterations=2,
    updates_per_iteration=60,
    batch_size=128,
    checkpoint_every=1,
    learning_rate=5e-3,
)


@pytest.fixture(scope="module")
def log() -> RankingLog:
    return read_log(log_rows(1_500, WEIGHTS), WEIGHTS)


def value(network: object) -> float:
    """What a policy truly earns a slate."""
    slates = [draw_slate(10_000_000 + seed, WEIGHTS, network) for seed in range(300)]  # type: ignore[arg-type]
    return float(np.mean([sum(chances(slate)) for slate in slates]))


def test_the_shipped_settings_are_whole() -> None:
    settings = RankerTraining.load(Path("configs/rl/ranker.yaml"))
    assert settings.model_fields_set == set(RankerTraining.model_fields)


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("method: ppo")
    with pytest.raises(ValueError, match=r"wrong\.yaml.*\n.*method"):
        RankerTraining.load(tmp_path / "wrong.yaml")


def test_serving_computes_what_training_computes() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    scorer = Scorer(rng.normal(size=len(NAMES)), rng.uniform(0.1, 1.0, len(NAMES)), 0.03, (8, 8))
    torch.nn.init.normal_(scorer.mlp[-1].weight)  # type: ignore[arg-type]
    features_NF = rng.uniform(-1.0, 1.0, (50, len(NAMES))).astype(np.float16)
    trained = scorer(torch.tensor(features_NF.astype(np.float32))).detach().numpy()
    assert scorer.to_network().utilities(features_NF) == pytest.approx(trained, abs=1e-5)
    assert np.abs(trained - features_NF[:, 0]).max() > 0.01


def test_a_scorer_begins_as_the_hand_set_ranking() -> None:
    features_NF = np.random.default_rng(0).uniform(size=(9, len(NAMES))).astype(np.float16)
    network = Scorer([0.0] * len(NAMES), [1.0] * len(NAMES), 0.03, (8,)).to_network()
    assert network.utilities(features_NF).tolist() == features_NF[:, 0].tolist()


@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
class TestWithRLlib:
    def test_our_objective_finds_what_people_want(self, log: RankingLog, tmp_path: Path) -> None:
        policy = train_ranker(TINY, log, LIVE, tmp_path)
        assert value(policy.network) > 1.4 * value(None)
        written = from_safetensors((tmp_path / POLICY).read_bytes())
        assert written.version == policy.version
        assert list((tmp_path / "tensorboard").iterdir())

    def test_marwil_gains_and_cloning_stays(self, log: RankingLog, tmp_path: Path) -> None:
        longer = {"method": "marwil", "updates_per_iteration": 400}
        marwil = train_ranker(TINY.model_copy(update=longer), log, LIVE, tmp_path / "marwil")
        cloned = train_ranker(TINY.model_copy(update={"method": "bc"}), log, LIVE, tmp_path / "bc")
        assert value(marwil.network) > value(None)  # little: a whole slate is praised for one item
        assert value(cloned.network) == pytest.approx(value(None), rel=0.1)

    def test_a_version_says_how_it_was_learned_and_what_held_out_people_say(
        self, log: RankingLog, tmp_path: Path
    ) -> None:
        registry, held_out = (
            Registry(str(tmp_path / "registry")),
            read_log(log_rows(500, WEIGHTS, 9_000), WEIGHTS),
        )
        short = TINY.model_copy(update={"iterations": 1})
        version = train_version(short, log, held_out, LIVE, tmp_path / "run", registry)
        about = registry.about(version)
        assert about["data"]["slates"] == len(log)
        assert about["metrics"]["iteration"] == 1
        assert about["metrics"]["click_loss"] > 0.0
        assert "overlap" in about["gain_on_held_out"]

    def test_a_folder_holds_the_run_of_one_log_and_one_live_policy(
        self, log: RankingLog, tmp_path: Path
    ) -> None:
        short = TINY.model_copy(update={"iterations": 1, "updates_per_iteration": 1})
        learned = train_ranker(short, log, LIVE, tmp_path)
        for other_log, other_live in ((log.take(np.arange(len(log) - 1)), LIVE), (log, learned)):
            with pytest.raises(ValueError, match="another log or live policy"):
                train_ranker(short, other_log, other_live, tmp_path)

    def test_a_run_goes_on_where_it_stopped(
        self, log: RankingLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        train_ranker(TINY.model_copy(update={"iterations": 1}), log, LIVE, tmp_path)
        capsys.readouterr()
        once = from_safetensors((tmp_path / POLICY).read_bytes())
        shutil.copytree(tmp_path, tmp_path / "again")
        unchanged = train_ranker(TINY.model_copy(update={"iterations": 1}), log, LIVE, tmp_path / "again")
        assert "iteration" not in capsys.readouterr().out
        assert unchanged.version == once.version
        longer = train_ranker(TINY, log, LIVE, tmp_path)
        assert capsys.readouterr().out.startswith("iteration 2 of 2")
        assert longer.version != once.version
