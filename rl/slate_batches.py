"""The ranking log as RLlib's offline dataset: one row a slate, an episode of one step."""

# S: slates, B: slates of a batch

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns
from ray.rllib.evaluation.postprocessing import Postprocessing
from ray.rllib.offline.offline_prelearner import OfflinePreLearner

from ranking.network import ScoringNetwork
from rl.log import RankingLog

ROWS_A_FILE = 4_096
KINDS: dict[str, type[np.generic]] = {
    "obs": np.float16,
    "is_there": np.bool_,
    "utilities": np.float32,
    "penalties": np.float32,
    "order": np.int64,
    "propensities": np.float32,
    "places_rewards": np.float32,
}


def to_columns(log: RankingLog, live: ScoringNetwork | None) -> dict[str, NDArray[Any]]:
    """The arrays of a log by their names in a training batch, with what candidates are worth to the live policy."""
    arrays: tuple[NDArray[Any], ...] = (
        log.features_SNF,
        log.is_there_SN,
        log.utilities(live),
        log.penalties_SKN,
        log.order_SK,
        log.propensities_SK,
        log.rewards_SK,
    )
    return {name: array.astype(kind) for (name, kind), array in zip(KINDS.items(), arrays, strict=True)}


def write_dataset(log: RankingLog, live: ScoringNetwork | None, folder: Path, seed: int) -> None:
    """Write the slates in random order as Parquet, each array of a slate as its bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    order_S = np.random.default_rng(seed).permutation(len(log))
    for number, start in enumerate(range(0, len(log), ROWS_A_FILE)):
        columns = to_columns(log.take(order_S[start : start + ROWS_A_FILE]), live)
        table = pa.table({name: [row.tobytes() for row in array] for name, array in columns.items()})
        pq.write_table(table, folder / f"slates-{number:04}.parquet", compression="zstd")


class SlateBatches(OfflinePreLearner):  # type: ignore[misc]
    """Rows to training batches at once, without an episode object for each: they are bandit steps."""

    def __call__(self, batch: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Columns of bytes to arrays, and what RLlib's own losses read."""
        shapes = self._module[DEFAULT_MODULE_ID].model_config["shapes"]
        columns: dict[str, NDArray[Any]] = {
            name: np.frombuffer(b"".join(batch[name]), kind).reshape(-1, *shapes[name])
            for name, kind in KINDS.items()
        }
        columns[Columns.OBS] = columns[Columns.OBS].astype(np.float32)
        columns[Columns.ACTIONS] = np.maximum(columns["order"], 0)
        columns[Columns.REWARDS] = columns["places_rewards"].sum(axis=1)
        columns[Postprocessing.VALUE_TARGETS] = columns[
            Columns.REWARDS
        ]  # one step: the return is the reward
        return {f"{DEFAULT_MODULE_ID}/{name}": array for name, array in columns.items()}
