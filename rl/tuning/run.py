"""From settings to an RLlib algorithm, and from rows to the file that it reads."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray.rllib.algorithms.algorithm import Algorithm

from rl.tuning.chain_runner import Studio
from rl.tuning.ddpo import DDPOConfig
from rl.tuning.examples import Columns, write_examples
from rl.tuning.nft import NFTConfig
from rl.tuning.settings import GeneratorTuning

EXAMPLES, RUN = "examples.parquet", "run.json"
MAY_CHANGE = {
    "iterations",
    "checkpoint_every",
    "threads",
    "num_learners",
    "num_gpus_per_learner",
    "num_env_runners",
    "num_gpus_per_env_runner",
    "reference_temperature",
}  # of a run that goes on


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tuned: how actors build its velocity, and the studio that surrounds it, each from arguments."""

    velocity: Callable[..., Any]
    arguments: dict[str, Any]
    studio: Callable[..., Studio]
    around: dict[str, Any]


def keep_rows(settings: GeneratorTuning, rows: Columns, weights: str, run_dir: Path) -> None:
    """Write what the run learns from; ValueError if the folder holds a run on something else.

    `weights` says which they are that the run begins with.
    """
    digest = hashlib.sha256(b"".join(values.numpy().tobytes() for values in rows.values())).hexdigest()
    said = settings.model_dump(mode="json", exclude=MAY_CHANGE) | {"rows": digest, "weights": weights}
    run_file = run_dir / RUN
    if not run_file.exists():
        write_examples(rows, run_dir / EXAMPLES)
        run_file.write_text(json.dumps(said))
    elif json.loads(run_file.read_text()) != said:
        raise ValueError(
            f"run_dir {run_dir} holds a run on other media, rewards, weights or settings; give this one its own"
        )


def build(settings: GeneratorTuning, subject: Subject, run_dir: Path) -> Algorithm:
    """The algorithm of the settings."""
    shared = {"lr": settings.learning_rate, "grad_clip": settings.grad_clip, "stay": settings.stay}
    config: NFTConfig | DDPOConfig
    if settings.algorithm == "nft":
        config = NFTConfig().training(
            examples=str(run_dir / EXAMPLES),
            beta=settings.beta,
            decay=settings.decay,
            latest=settings.strength,
            updates_per_iteration=settings.updates_per_iteration,
            train_batch_size_per_learner=settings.batch_size,
            **shared,
        )
        config.generator(subject.velocity, subject.arguments)
    else:
        config = DDPOConfig().training(
            steps=settings.steps,
            strength=settings.strength,
            level=settings.level,
            clip=settings.clip,
            minibatch=settings.batch_size,
            passes=settings.passes,
            **shared,
        )
        config.chains(
            build=subject.studio, arguments=subject.around, prompts=settings.prompts, group=settings.group
        )
        config.generator(subject.velocity, subject.arguments, settings.guidance)
        config.env_runners(
            num_env_runners=settings.num_env_runners,
            num_gpus_per_env_runner=settings.num_gpus_per_env_runner,
        )
    config.learners(num_learners=settings.num_learners, num_gpus_per_learner=settings.num_gpus_per_learner)
    config.debugging(seed=settings.seed)
    return config.build_algo()
