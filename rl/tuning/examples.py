"""Media and what they were worth, as the columns that a generator learns from; on disk one Parquet file.

N: media; C, F, H, W: latents.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

LATENTS, OPTIMALITY, WEIGHTS, IS_REPLAY = "latents", "optimality", "weights", "is_replay"
Columns = dict[str, Tensor]


def advantages(rewards_N: Tensor, groups: Sequence[Hashable]) -> Tensor:
    """How far each reward is above the mean of its group, in standard deviations (of all, within their groups).

    One deviation for all (Liu et al. 2025, "Understanding R1-Zero"): else a group of nearly equal media would weigh most.
    """
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    group_N = torch.tensor([numbers[group] for group in groups])
    exact_N = rewards_N.double()  # else equal rewards differ by what their mean is rounded
    sums_G = torch.zeros(len(numbers), dtype=torch.float64).index_add_(0, group_N, exact_N)
    above_N = exact_N - (sums_G / torch.bincount(group_N))[group_N]
    deviation = above_N.pow(2).mean().sqrt()
    return (above_N / deviation.clamp(min=1e-6)).float()


def optimality(rewards_N: Tensor, groups: Sequence[Hashable], clip: float = 1.0) -> Tensor:
    """How optimal each is for its group, r in [0, 1] (DiffusionNFT, eq. 6): one half is average."""
    return 0.5 + 0.5 * (advantages(rewards_N, groups) / clip).clamp(-1, 1)


def write_examples(columns: Mapping[str, Tensor], path: Path) -> None:
    """Write rows of equal length a column; their shapes go into the schema."""
    arrays, fields = [], []
    for name, values in columns.items():
        flat = values.reshape(len(values), -1).contiguous().numpy()
        arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1]))
        shape = ",".join(map(str, values.shape[1:]))
        fields.append(pa.field(name, arrays[-1].type, metadata={"shape": shape}))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), path)


def read_examples(path: Path) -> Columns:
    """The columns of a file."""
    table = pq.read_table(path)
    columns = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        shape = [int(size) for size in field.metadata[b"shape"].decode().split(",") if size]
        flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
        columns[field.name] = torch.from_numpy(np.array(flat)).reshape(table.num_rows, *shape)
    return columns


def epochs(columns: Columns, size: int, generator: torch.Generator) -> Iterator[Columns]:
    """Batches without end: every row once before any comes again."""
    count = len(next(iter(columns.values())))
    left = torch.zeros(0, dtype=torch.long)
    while True:
        while len(left) < size:
            left = torch.cat([left, torch.randperm(count, generator=generator)])
        yield {name: values[left[:size]] for name, values in columns.items()}
        left = left[size:]
