"""The world of stickers that the tests of rewards share."""

import asyncio

import numpy as np
import pytest
import torch

from tests.rl.sticker_world import RANKING, World, build, log_rows, read


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """120 real stickers, and 1,200 slates of 200 people who love warm colours; the ranking puts cool ones first."""
    torch.set_num_threads(1)  # beside other processes, more wait for each other
    folder = tmp_path_factory.mktemp("reward")
    warm = asyncio.run(build(folder))
    rows = log_rows(warm, RANKING, 1200)
    warm_N = np.array([warm[shown["item_id"]] for row in rows for shown in row["shown"]])
    return World(folder, warm, rows, asyncio.run(read(folder, rows)), warm_N)
