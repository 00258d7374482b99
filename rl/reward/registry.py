"""Where models of preferences are kept: beside the versions of the ranking."""

from typing import Any

import numpy as np

from catalog.items import MediaType
from models.hub.model import HubModel
from rl.log import BUCKETS
from rl.reward.preference import PreferenceModel, from_bytes
from store.registry import PEOPLE, Registry

REWARD, HELD_OUT = "reward.safetensors", "held_out.safetensors"


def reward_registry(registry_url: str, modality: MediaType) -> Registry:
    """The registry of one modality's rewards beside that of the ranking."""
    return Registry(f"{registry_url.rstrip('/')}/rewards/{modality}")


def judge_of(model: HubModel | None) -> str | None:
    """Who says how media fit where a large model makes them, and how that is shifted; None if small networks say it."""
    return None if model is None or model.judge is None else f"{model.judge} {model.judge_shift:+}"


def newest_reward(registry_url: str, modality: MediaType, judge: str | None = None) -> dict[str, Any]:
    """What is known of the newest version; ValueError if there is none, or if it is of another judge of what fits."""
    registry, command = (
        reward_registry(registry_url, modality),
        f"gramoji finetune reward --modality {modality}",
    )
    versions = registry.versions()
    if not versions:
        raise ValueError(f"{registry.root}: no reward; train one with `{command}`")
    newest = versions[-1]
    if newest["judge"] != judge:
        raise ValueError(
            f"{newest['version']} is of the judge {newest['judge']}, needed is one of {judge}; `{command}`"
        )
    return newest


def read_preference(
    registry_url: str, modality: MediaType, version: str, name: str = REWARD
) -> PreferenceModel:
    """A model of a version; ValueError if it is not there."""
    return from_bytes(reward_registry(registry_url, modality).read(version, name))


def people_climbed(registry_url: str, modality: MediaType, version: str) -> set[int]:
    """Whose selections a version's reward, the one that tuning climbs, is made of."""
    registry = reward_registry(registry_url, modality)
    people_N = np.frombuffer(registry.read(version, PEOPLE), dtype="<i8")
    held_out = registry.about(version)["settings"]["held_out"]
    return set(people_N[people_N % BUCKETS >= held_out * BUCKETS].tolist())
