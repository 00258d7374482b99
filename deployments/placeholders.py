"""Secrets and places in a configuration file: `${NAME}` stands for an environment variable."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def filled(read: Any, environment: Mapping[str, str], at: str = "") -> Any:
    """The same values with every `${NAME}` replaced; ValueError names the field of one that is not set.

    Where `NAME` is not set, `NAME_FILE` may name a file that holds the value, as container platforms mount secrets.
    """
    if isinstance(read, dict):
        return {key: filled(value, environment, f"{at}.{key}".lstrip(".")) for key, value in read.items()}
    if isinstance(read, list):
        return [filled(value, environment, f"{at}.{number}") for number, value in enumerate(read)]
    if not isinstance(read, str):
        return read
    return PLACEHOLDER.sub(lambda match: _value(match[1], environment, at), read)


def _value(name: str, environment: Mapping[str, str], at: str) -> str:
    if name in environment:
        return environment[name]
    file = environment.get(f"{name}_FILE")
    if file is None:
        raise ValueError(
            f"{at}: ${{{name}}} is not set; set {name}, or {name}_FILE to a file that holds it"
        )
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise ValueError(f"{at}: {name}_FILE: {error}") from None
