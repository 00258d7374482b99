"""Settings of a job, mirrored by a YAML file in `configs/rl/`."""

from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError


class YamlSettings(BaseModel):
    """A key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a YAML file; ValueError names the file and the field that is wrong."""
        try:
            return cls.model_validate(yaml.safe_load(path.read_text()))
        except FileNotFoundError:
            raise ValueError(f"{path}: no such file") from None
        except (yaml.YAMLError, ValidationError) as error:
            raise ValueError(f"{path}: {error}") from None
