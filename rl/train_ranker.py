"""Learn a ranking policy from the exported log: `python -m rl.train_ranker` or `gramoji finetune ranker`."""

import gc
import json
import logging
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import ray
import torch
import typer
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner import Learner
from ray.rllib.utils.metrics import LEARNER_RESULTS
from tensorboardX import SummaryWriter

from ranking.live_policy import POLICY, live_policy
from ranking.network import ScoringNetwork
from ranking.policy import RankingPolicy, to_safetensors
from rl.algorithm import build_config, model_config
from rl.judging import judge
from rl.log import RankingLog, read_log
from rl.ranker_settings import RankerTraining
from rl.slate_batches import write_dataset
from store.log_dataset import LogDataset
from store.registry import Registry
from store.tenant_log import read_slates

CHECKPOINTS = "checkpoints"
CURVES = "curves.jsonl"  # a line an iteration, kept with the version
LEAST_SLATES = 1_000


def train_ranker(
    settings: RankerTraining, log: RankingLog, live: RankingPolicy, run_dir: Path
) -> RankingPolicy:
    """Train on these slates and write `policy.safetensors`; started again in the same folder, it goes on where it stopped.

    The policy is held near the live one, whose weights it keeps. The folder also holds the training set, the curves and
    the checkpoint; ValueError if they are of other slates or another live policy.
    """
    run_dir = run_dir.resolve()
    run_dir.mkdir(parents=True, exist_ok=True)
    dataset, model_file = run_dir / "slates", run_dir / "model.json"
    model = model_config(log, live, settings.units)
    if not model_file.exists():
        write_dataset(log, live.network, dataset, settings.seed)
        model_file.write_text(json.dumps(model))
    elif json.loads(model_file.read_text()) != model:
        raise ValueError(
            f"run_dir {run_dir} holds a run on another log or live policy; give this one its own"
        )
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    algorithm = build_config(settings, model, dataset).build_algo()
    try:
        _iterate(algorithm, settings, run_dir)
        (network,) = algorithm.learner_group.foreach_learner(_learned)
    finally:
        algorithm.stop()
        del algorithm
        gc.collect()  # an iterator of Ray Data that outlives Ray complains at exit
    policy = RankingPolicy(live.weights, network.get())
    (run_dir / POLICY).write_bytes(to_safetensors(policy))
    return policy


def _iterate(algorithm: Algorithm, settings: RankerTraining, run_dir: Path) -> None:
    """Iterate to the end of the run, from the last checkpoint if there is one.

    Checkpoints are the learner's: `Algorithm.restore_from_path` fails without env runners (Ray 2.60).
    """
    checkpoints = run_dir / CHECKPOINTS
    done = max((int(path.name) for path in checkpoints.glob("[0-9]*")), default=0)
    if done:
        algorithm.learner_group.restore_from_path(str(checkpoints / str(done)))
    with SummaryWriter(str(run_dir / "tensorboard")) as writer:
        for number in range(done + 1, settings.iterations + 1):
            figures = _figures(algorithm.train())
            for name, value in figures.items():
                writer.add_scalar(f"ranker/{name}", value, number)
            with (run_dir / CURVES).open("a") as curves:
                curves.write(json.dumps({"iteration": number} | figures) + "\n")
            shown = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
            typer.echo(f"iteration {number} of {settings.iterations}  {shown}")
            if number % settings.checkpoint_every == 0 or number == settings.iterations:
                _checkpoint(algorithm, checkpoints, number)


def _checkpoint(algorithm: Algorithm, checkpoints: Path, number: int) -> None:
    """The new one first, under its name only once it is whole; then the older ones go."""
    algorithm.learner_group.save_to_path(str(checkpoints / "new"))
    older = list(checkpoints.glob("[0-9]*"))
    (checkpoints / "new").rename(checkpoints / str(number))
    for path in older:
        shutil.rmtree(path)


def _learned(learner: Learner) -> ScoringNetwork:
    return learner.module[DEFAULT_MODULE_ID].unwrapped().scorer.to_network()


def _figures(result: dict[str, Any]) -> dict[str, float]:
    """What a learner says of itself, without RLlib's own counters."""
    said = result[LEARNER_RESULTS][DEFAULT_MODULE_ID]
    wanted = ("value", "departure", "click_loss", "policy_loss", "vf_loss", "total_loss")
    return {name: float(said[name]) for name in wanted if name in said}


def main(
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    ranking: Annotated[Path, typer.Option(help="Hand-set weights that the policy starts from.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL that receives the version.")],
    config: Annotated[Path, typer.Option(help="Training settings.")] = Path("configs/rl/ranker.yaml"),
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/ranker"
    ),
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Train a ranking policy on the exported log and register it."""
    settings, versions = RankerTraining.load(config), Registry(registry)
    live = live_policy(versions, ranking)
    learn, held_out = read_log(read_slates(LogDataset(log), tenant), live.weights).split(settings.held_out)
    if len(learn) < LEAST_SLATES:
        raise ValueError(f"{log}: {len(learn)} slates to learn from; needed are {LEAST_SLATES}")
    ray.init(include_dashboard=False, log_to_driver=False)
    logging.getLogger("ray.data").setLevel(logging.WARNING)  # its progress, line by line
    version = train_version(settings, learn, held_out, live, run_dir, versions)
    typer.echo(f"registered {version}, from {len(learn)} slates")


def train_version(
    settings: RankerTraining,
    log: RankingLog,
    held_out: RankingLog,
    live: RankingPolicy,
    run_dir: Path,
    registry: Registry,
) -> str:
    """Train on these slates and register what was learned; returns its version."""
    policy = train_ranker(settings, log, live, run_dir)
    curves = (run_dir / CURVES).read_bytes()
    about = describe(settings, log, registry.live())
    about["metrics"] = json.loads(curves.splitlines()[-1])
    about["gain_on_held_out"] = _gain(held_out, live, policy, settings.seed)
    registry.add(
        policy.version, {POLICY: to_safetensors(policy), CURVES: curves}, about, log.people_S.tolist()
    )
    return policy.version


def _gain(log: RankingLog, live: RankingPolicy, policy: RankingPolicy, seed: int) -> dict[str, Any] | None:
    """What `promote` will find, unless the log grows; None if the live policy drew none of these slates."""
    drawn = log.drawn_by(live.version)
    return asdict(judge(drawn, policy, seed)) if len(drawn) else None


def describe(settings: RankerTraining, log: RankingLog, parent: str | None) -> dict[str, Any]:
    """Where a version comes from: its settings, the slates it learned from, and the version that was live then."""
    return {
        "settings": settings.model_dump(mode="json"),
        "data": {
            "slates": len(log),
            "selections": int(log.rewards_SK.sum()),
            "from_s": float(log.at_s_S.min()),
            "to_s": float(log.at_s_S.max()),
            "policies": sorted(set(log.policy_versions)),
        },
        "parent": parent,
    }


if __name__ == "__main__":
    typer.run(main)
