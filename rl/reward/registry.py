"""Where models of preferences are kept: beside the versions of the ranking."""

from rl.reward.preference import PreferenceModel, from_bytes
from store.registry import Registry

REWARD, HELD_OUT = "reward.safetensors", "held_out.safetensors"


def reward_registry(registry_url: str) -> Registry:
    """The registry of rewards beside that of the ranking."""
    return Registry(f"{registry_url.rstrip('/')}/reward")


def read_preference(registry_url: str, name: str = REWARD, version: str | None = None) -> PreferenceModel:
    """A model of a version, the newest by default; ValueError if there is none."""
    registry = reward_registry(registry_url)
    if version is None:
        versions = registry.versions()
        if not versions:
            raise ValueError(f"{registry.root}: no reward; train one with `gramoji finetune reward`")
        version = str(versions[-1]["version"])
    return from_bytes(registry.read(version, name))
