"""What `gramoji learn` may be told; `configs/rl/learn.yaml` mirrors it."""

from pathlib import Path
from typing import Self

from pydantic import Field

from rl.drift import DriftLimits
from rl.yaml_settings import YamlSettings


class LearnSettings(YamlSettings):
    """When to train anew, and how a new version comes to the people."""

    training: Path = Field(Path("ranker.yaml"), description="Training settings, relative to this file.")
    every_s: float = Field(3600, gt=0, description="How often the log is looked at.")
    new_slates: int = Field(20_000, ge=1, description="Slates since the last training that are enough.")
    drifted_slates: int = Field(5_000, ge=1, description="The same where the log has drifted.")
    canary: float | None = Field(
        0.1, gt=0, lt=1, description="Share of the people a new version is tried on; null promotes or not."
    )
    canary_days: float = Field(14, gt=0, description="After it a canary that is not surely better goes.")
    control: float = Field(
        0.05, ge=0, lt=1, description="Share of the people who keep the version before a promotion."
    )
    effect: float = Field(0.03, gt=0, description="Selections a slate; such differences are found soonest.")
    drift: DriftLimits = Field(description="When the log has drifted.")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a YAML file; ValueError names the file and the field that is wrong."""
        read = super().load(path)
        return read.model_copy(update={"training": path.parent / read.training})
