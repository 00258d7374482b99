"""Where models of preferences are kept: beside the versions of the ranking."""

from typing import Any

from catalog.items import MediaType
from rl.reward.preference import PreferenceModel, from_bytes
from store.registry import Registry

REWARD, HELD_OUT = "reward.safetensors", "held_out.safetensors"


def reward_registry(registry_url: str, modality: MediaType) -> Registry:
    """The registry of one modality's rewards beside that of the ranking."""
    return Registry(f"{registry_url.rstrip('/')}/rewards/{modality}")


def newest_reward(registry_url: str, modality: MediaType, judge: str | None = None) -> dict[str, Any]:
    """What is known of the newest version; ValueError if there is none, or if it is of another judge of what fits."""
    registry = reward_registry(registry_url, modality)
    versions = registry.versions()
    if not versions:
        raise ValueError(
            f"{registry.root}: no reward; train one with `gramoji finetune reward --modality {modality}`"
        )
    newest = versions[-1]
    if newest["judge"] != judge:
        raise ValueError(
            f"{newest['version']} is of the judge {newest['judge']}, needed is one of {judge}; `gramoji finetune reward`"
        )
    return newest


def read_preference(
    registry_url: str, modality: MediaType, version: str, name: str = REWARD
) -> PreferenceModel:
    """A model of a version; ValueError if it is not there."""
    return from_bytes(reward_registry(registry_url, modality).read(version, name))
