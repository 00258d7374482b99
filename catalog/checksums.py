"""The digests of the catalogue files, in the format of `sha256sum`."""

import hashlib
from pathlib import Path

from catalog.schema import MEDIA_FILES, TEXT_VECTORS_FILE

CHECKSUMS_FILE = "SHA256SUMS"


def file_sha256(path: Path) -> str:
    """The hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(data_dir: Path) -> None:
    """Write the digests of the files that are there."""
    files = (*MEDIA_FILES.values(), TEXT_VECTORS_FILE)
    names = sorted(name for name in files if (data_dir / name).exists())
    lines = [f"{file_sha256(data_dir / name)}  {name}\n" for name in names]
    (data_dir / CHECKSUMS_FILE).write_text("".join(lines), "ascii")


def read_checksums(data_dir: Path) -> dict[str, str]:
    """Read the digests by file name."""
    lines = (data_dir / CHECKSUMS_FILE).read_text("ascii").splitlines()
    pairs = (line.split("  ", 1) for line in lines)
    return {name: digest for digest, name in pairs}
