import logging
from collections.abc import Iterator

import pytest
import ray


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """One Ray for all tests of learning."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, ignore_reinit_error=True)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    yield
    ray.shutdown()
