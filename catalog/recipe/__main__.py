"""`python -m catalog.recipe`: rebuild the catalogue."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from catalog.recipe.build import build
from catalog.schema import DATA_DIR

app = typer.Typer(add_completion=False)


class Only(StrEnum):
    """A media type to rebuild."""

    sticker = "sticker"
    video = "video"
    image = "image"
    audio = "audio"


@app.command()
def main(
    cache: Annotated[
        Path,
        typer.Option(help="Folder for the source packages (about 800 MB); what is missing is fetched."),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder that the Parquet files and SHA256SUMS are written to.")
    ] = DATA_DIR,
    only: Annotated[
        list[Only] | None, typer.Option(help="Rebuild this media type only; can be given more than once.")
    ] = None,
) -> None:
    """Rebuild the starter catalogue from its source packages.

    Packages are fetched with `npm pack` and `apt-get download` and checked against catalog/sources.yaml.
    Needs npm, apt-get, dpkg-deb and ffmpeg, and the Python packages of the extra `build`.
    The same inputs and encoders give the same bytes.
    """
    try:
        counts = build(cache, out, [media_type.value for media_type in only or list(Only)])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    for media_type, count in counts.items():
        typer.echo(f"{media_type}: {count} items")


if __name__ == "__main__":
    app()
