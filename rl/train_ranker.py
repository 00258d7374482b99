"""Learn a ranking policy from the exported log: `python -m rl.train_ranker` or `gramoji finetune ranker`."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import ray
import typer

from ranking.live_policy import POLICY, live_policy
from ranking.policy import RankingPolicy, to_safetensors
from rl.iterations import CURVES
from rl.judging import judge
from rl.log import RankingLog, read_log
from rl.network_training import train_network
from rl.ranker_settings import RankerTraining
from store.log_dataset import LogDataset
from store.registry import Registry
from store.tenant_log import read_slates

LEAST_SLATES = 1_000


def train_ranker(
    settings: RankerTraining, log: RankingLog, live: RankingPolicy, run_dir: Path
) -> RankingPolicy:
    """Train on these slates and write `policy.safetensors` (`rl.network_training`); the live policy's weights stay."""
    network = train_network(settings, log, live.network, live.weights.temperature, run_dir)
    policy = RankingPolicy(live.weights, network)
    (run_dir / POLICY).write_bytes(to_safetensors(policy))
    return policy


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
