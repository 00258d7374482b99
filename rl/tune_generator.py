"""Tune a generator by what people select: `python -m rl.tune_generator` or `gramoji finetune generator`."""

import asyncio
import copy
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import ray
import torch
import typer
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner import Learner
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, LEARNER_RESULTS
from tensorboardX import SummaryWriter

from models.transformer import FlowTransformer
from ranking.live_policy import live_policy
from rl.reward.combined import CombinedReward
from rl.reward.registry import read_preference, reward_registry
from rl.reward.settings import RewardWeights
from rl.train_ranker import CHECKPOINTS, CURVES, _checkpoint
from rl.train_reward import read
from rl.tuning.latent_media import Reward, ShownMedia
from rl.tuning.run import build, write_rows
from rl.tuning.settings import GeneratorTuning
from rl.tuning.sheet import before_and_after
from rl.tuning.velocity import merged
from store.log_dataset import LogDataset
from store.registry import Registry
from store.tenant_log import read_slates

FIGURES = ("nft_loss", "replay_loss", "distance", "gain", "clipped", "total_loss")
LEAST_MEDIA = 100


def tune_generator(
    settings: GeneratorTuning, shown: ShownMedia, reward: Reward, weights: Path, run_dir: Path
) -> FlowTransformer:
    """Tune the sticker transformer of `weights`; started again in the same folder, it goes on where it stopped.

    `weights` holds the folders `sticker` and `relevance`. ValueError if the folder's run is of other settings, media or rewards.
    """
    run_dir = run_dir.resolve()
    run_dir.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    write_rows(settings, shown.media, shown.n_grams, shown.weights_N, reward, weights, run_dir)
    algorithm = build(settings, shown.media, reward, weights, run_dir)
    try:
        _iterate(algorithm, settings, run_dir)
        (made, *_) = algorithm.learner_group.foreach_learner(_learned)
    finally:
        algorithm.stop()
    return made.get()


def _iterate(algorithm: Algorithm, settings: GeneratorTuning, run_dir: Path) -> None:
    """Iterate to the end of the run, from the last checkpoint if there is one."""
    checkpoints = run_dir / CHECKPOINTS
    done = max((int(path.name) for path in checkpoints.glob("[0-9]*")), default=0)
    if done:
        algorithm.learner_group.restore_from_path(str(checkpoints / str(done)))
        if algorithm.env_runner_group:
            algorithm.env_runner_group.sync_weights(from_worker_or_learner_group=algorithm.learner_group)
    with SummaryWriter(str(run_dir / "tensorboard")) as writer:
        for number in range(done + 1, settings.iterations + 1):
            figures = figures_of(algorithm.train())
            for name, value in figures.items():
                writer.add_scalar(f"generator/{name}", value, number)
            with (run_dir / CURVES).open("a") as curves:
                curves.write(json.dumps({"iteration": number} | figures) + "\n")
            shown = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
            typer.echo(f"iteration {number} of {settings.iterations}  {shown}")
            if number % settings.checkpoint_every == 0 or number == settings.iterations:
                _checkpoint(algorithm, checkpoints, number)


def figures_of(result: dict[str, Any]) -> dict[str, float]:
    """What learners and samplers say, without RLlib's own counters."""
    said = result[LEARNER_RESULTS][DEFAULT_MODULE_ID]
    figures = {name: float(said[name]) for name in FIGURES if name in said}
    if "reward" in result.get(ENV_RUNNER_RESULTS, {}):
        figures["reward"] = float(result[ENV_RUNNER_RESULTS]["reward"])
    return figures


def _learned(learner: Learner) -> FlowTransformer:
    module = learner.module[DEFAULT_MODULE_ID].unwrapped()
    return merged(copy.deepcopy(module.generator)).eval()


def register(
    made: FlowTransformer, about: dict[str, Any], people: list[int], run_dir: Path, registry: Registry
) -> str:
    """Add the transformer's folder, the curves and the sheet as a version; returns its name."""
    with tempfile.TemporaryDirectory() as folder:
        made.save_pretrained(folder)
        files = {
            f"transformer/{path.name}": path.read_bytes() for path in sorted(Path(folder).iterdir())
        }
    digest = hashlib.sha256(b"".join(files.values())).hexdigest()
    files |= {name: (run_dir / name).read_bytes() for name in (CURVES, "sheet.png")}
    version = f"sticker-rl-{digest[:10]}"
    registry.add(version, files, about, people)
    return version


def main(
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    database: Annotated[str, typer.Option(help="SQLAlchemy URL of the store.")],
    media: Annotated[str, typer.Option(help="Folder or fsspec URL of the store's bytes.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    ranking: Annotated[Path, typer.Option(help="Hand-set weights, where no policy is live.")],
    modality: Annotated[Literal["sticker"], typer.Option(help="What is tuned.")] = "sticker",
    algorithm: Annotated[str | None, typer.Option(help="nft or ddpo, instead of what is set.")] = None,
    weights: Annotated[Path, typer.Option(help="Folder of the small models.")] = Path("models/weights"),
    config: Annotated[Path, typer.Option(help="Tuning settings.")] = Path("configs/rl/nft.yaml"),
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/generator"
    ),
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Tune a generator on the media that were shown, by the newest reward model, and register it."""
    settings = GeneratorTuning.load(config)
    if algorithm:
        settings = GeneratorTuning.model_validate(settings.model_dump() | {"algorithm": algorithm})
    live = live_policy(Registry(registry), ranking)
    newest = reward_registry(registry).versions()
    reward = CombinedReward(
        read_preference(registry), RewardWeights(**newest[-1]["settings"]["reward"]), live.weights
    )
    rows = read_slates(LogDataset(log), tenant)
    showings = asyncio.run(read(rows, (database, media), weights, live.weights, max_weight=5.0))
    learn, _ = showings.generated.split(settings.held_out)
    if len(learn) < LEAST_MEDIA:
        raise ValueError(f"{log}: {len(learn)} generated stickers to learn from; needed are {LEAST_MEDIA}")
    ray.init(include_dashboard=False, log_to_driver=False)
    made = tune_generator(settings, learn, reward, weights, run_dir)
    before_and_after(settings, learn, made, weights, run_dir)
    versions = Registry(f"{registry.rstrip('/')}/generators/{modality}")
    about = {
        "modality": modality,
        "parent": versions.live(),
        "settings": settings.model_dump(mode="json"),
        "reward": newest[-1]["version"],
        "data": {"slates": len(set(learn.slates)), "media": len(learn)},
        "metrics": json.loads((run_dir / CURVES).read_text().splitlines()[-1]),
    }
    version = register(made, about, learn.people_N.tolist(), run_dir, versions)
    typer.echo(f"registered {version}, from {len(learn)} media")


if __name__ == "__main__":
    typer.run(main)
