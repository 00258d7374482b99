"""Files inside a source package, read without unpacking it to disk."""

import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path


def members(archive: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Stream `(path inside the package, bytes)` of the regular files that are wanted, in archive order."""
    if archive.suffix == ".deb":
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                yield from _files(tar, wanted)
        return
    with tarfile.open(archive, mode="r|gz") as tar:
        yield from _files(tar, wanted)


def _files(tar: tarfile.TarFile, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    for info in tar:
        path = info.name.removeprefix("./").removeprefix("package/")
        if info.isfile() and wanted(path):
            file = tar.extractfile(info)
            assert file is not None
            yield path, file.read()
