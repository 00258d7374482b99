"""From settings to an RLlib algorithm, and from media to the rows that it reads."""

# N: media

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from ray.rllib.algorithms.algorithm import Algorithm
from torch import Tensor

from rl.tuning.ddpo import DDPOConfig
from rl.tuning.examples import IS_REPLAY, LATENTS, OPTIMALITY, WEIGHTS, Columns, optimality, write_examples
from rl.tuning.latent_media import LatentMedia, Reward
from rl.tuning.nft import NFTConfig
from rl.tuning.settings import GeneratorTuning
from rl.tuning.stickers import studio, training_set
from rl.tuning.velocity import conditions_of_small, load_small

EXAMPLES, RUN = "examples.parquet", "run.json"
AT_LEAST_AS_LONG = {"iterations", "checkpoint_every", "threads", "num_learners", "num_env_runners"}


def write_rows(
    settings: GeneratorTuning,
    media: LatentMedia,
    n_grams: Sequence[str],
    weights_N: Tensor,
    reward: Reward,
    weights: Path,
    run_dir: Path,
) -> None:
    """Write what the run learns from; ValueError if the folder holds a run on something else."""
    rewards_N = reward(media.for_anybody())
    rows = to_rows(media, optimality(rewards_N, n_grams), weights_N / weights_N.mean(), is_replay=False)
    chance = torch.Generator().manual_seed(settings.seed)
    kept = training_set(weights / "sticker", round(settings.replay * len(media)), chance)
    if len(kept):
        zeros_N = torch.zeros(len(kept))
        old = to_rows(kept, zeros_N, zeros_N, is_replay=True)
        rows = {name: torch.cat([values, old[name]]) for name, values in rows.items()}
    digest = hashlib.sha256(b"".join(values.numpy().tobytes() for values in rows.values())).hexdigest()
    said = settings.model_dump(mode="json", exclude=AT_LEAST_AS_LONG) | {"rows": digest}
    run_file = run_dir / RUN
    if not run_file.exists():
        write_examples(rows, run_dir / EXAMPLES)
        run_file.write_text(json.dumps(said))
    elif json.loads(run_file.read_text()) != said:
        raise ValueError(
            f"run_dir {run_dir} holds a run on other media, rewards or settings; give this one its own"
        )


def to_rows(media: LatentMedia, optimality_N: Tensor, weights_N: Tensor, is_replay: bool) -> Columns:
    """Media as columns."""
    return {
        LATENTS: media.latents_NCFHW.float(),
        OPTIMALITY: optimality_N.float(),
        WEIGHTS: weights_N.float(),
        IS_REPLAY: torch.full((len(media),), float(is_replay)),
        **conditions_of_small(media),
    }


def build(
    settings: GeneratorTuning, media: LatentMedia, reward: Reward, weights: Path, run_dir: Path
) -> Algorithm:
    """The algorithm of the settings."""
    arguments = {
        "transformer": str((weights / "sticker" / "transformer").resolve()),
        "lora_rank": settings.lora_rank,
    }
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
        config.generator(load_small, arguments)
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
        around = {
            "weights": str((weights / "sticker").resolve()),
            "relevance_weights": str((weights / "relevance").resolve()),
            "media": media,
            "reward": reward,
            "strength": settings.strength,
        }
        config.chains(build=studio, arguments=around, prompts=settings.prompts, group=settings.group)
        config.generator(load_small, arguments, settings.guidance)
        config.env_runners(num_env_runners=settings.num_env_runners)
    config.learners(num_learners=settings.num_learners, num_gpus_per_learner=settings.num_gpus_per_learner)
    config.debugging(seed=settings.seed)
    return config.build_algo()
