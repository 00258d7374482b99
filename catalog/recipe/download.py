"""Source packages on disk: fetched by the registry's own client, checked by their digest."""

import hashlib
import subprocess
from pathlib import Path

from catalog.recipe.source import Source


def fetch(source: Source, cache: Path) -> Path:
    """Return the archive in `cache`, fetched where it is not there yet, with the sha256 that we know."""
    archive = cache / source.file_name
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = _command(source)
        try:
            subprocess.run(command, cwd=cache, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise ValueError(
                f"{source.package} needs the command {command[0]!r}, which is not installed"
            ) from error
        except subprocess.CalledProcessError as error:
            raise ValueError(f"{' '.join(command)} failed: {error.stderr.strip()}") from error
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != source.sha256:
        raise ValueError(
            f"{archive.name} has sha256 {digest}, expected {source.sha256}; delete it and try again"
        )
    return archive


def _command(source: Source) -> list[str]:
    if source.registry == "npm":
        return ["npm", "pack", "--silent", f"{source.name}@{source.version}"]
    return ["apt-get", "download", f"{source.name}={source.version}"]
