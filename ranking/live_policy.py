"""The ranking policy that serves: the live version of the registry, else the hand-set weights."""

from pathlib import Path

from ranking.policy import RankingPolicy, from_safetensors
from ranking.weights import load_ranking_weights
from store.registry import Registry

POLICY = "policy.safetensors"  # of a version in the registry


def live_policy(registry: Registry, ranking: Path) -> RankingPolicy:
    """Read it; ValueError if a file is missing or wrong."""
    version = registry.live()
    if version is None:
        return RankingPolicy(load_ranking_weights(ranking))
    return read_policy(registry, version)


def read_policy(registry: Registry, version: str) -> RankingPolicy:
    """A registered version; ValueError names it if its file is missing or wrong."""
    try:
        return from_safetensors(registry.read(version, POLICY))
    except ValueError as error:
        raise ValueError(f"version {version}: {error}") from None
