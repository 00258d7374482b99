"""The `gramoji` command."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from deployments.finetune_commands import learning_app
from deployments.key_commands import keys_app, keys_are_wanted
from deployments.listening import refuse_open_address, refuse_taken_port
from deployments.policy_commands import policy_app
from deployments.ray_environment import ray_environment
from deployments.settings import DEFAULT_CONFIG, AppSettings, server_address_file
from deployments.train_commands import train_app

app = typer.Typer(
    name="gramoji",
    help="Type, and media appears: search existing media and generate new ones at the same time.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
catalog_app = typer.Typer(help="The starter media, with their licences.", no_args_is_help=True)
app.add_typer(catalog_app, name="catalog")
app.add_typer(train_app, name="train")
app.add_typer(learning_app)
app.add_typer(policy_app)
app.add_typer(keys_app, name="keys")
database_app = typer.Typer(help="The tables of the store.", no_args_is_help=True)
app.add_typer(database_app, name="database")

Config = Annotated[Path, typer.Option(help="Configuration file.")]


def main() -> None:
    """Run the command; a mistake in what was asked is one clear line, not a traceback."""
    try:
        app()
    except ValueError as error:
        typer.secho(f"gramoji: {error}", fg="red", err=True)
        sys.exit(2)


@app.command()
def serve(
    config: Config = DEFAULT_CONFIG,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; only loopback without keys.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port to listen on.")] = None,
) -> None:
    """Start the server and the chat page; the first start imports the catalogue. Stop it with Ctrl-C."""
    settings = AppSettings.load(config)
    settings = settings.model_copy(update={"host": host or settings.host, "port": port or settings.port})
    refuse_open_address(settings.host, asyncio.run(keys_are_wanted(settings.store)))
    refuse_taken_port(settings.host, settings.port)
    set_ray_environment()
    from deployments.running import run_forever

    run_forever(settings)


@app.command()
def deploy(config: Config = DEFAULT_CONFIG) -> None:
    """Bring a running server, or a new cluster, to a configuration. A model is swapped without a failed request."""
    settings = AppSettings.load(config)
    refuse_open_address(settings.host, asyncio.run(keys_are_wanted(settings.store)))
    set_ray_environment()
    if (
        server_address_file().exists()
    ):  # a Ray of our own, which asks for the token that it left in the home folder
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    from deployments.running import deploy as deploy_to_server

    states = deploy_to_server(settings)
    for name, state in states.items():
        typer.echo(f"{name.lower()}: {state.version if state else 'asleep until it is called'}")
    refused = [
        f"{name.lower()}: {state.refused}" for name, state in states.items() if state and state.refused
    ]
    if refused:
        raise ValueError(f"refused, what served before still serves: {'; '.join(refused)}")


@app.command()
def suggest(
    n_gram: Annotated[str, typer.Argument(help='What is being typed, such as "happy birthday".')],
    url: Annotated[str, typer.Option(help="The running server.")] = "http://127.0.0.1:8000",
    limit: Annotated[int, typer.Option(help="Items in the slate.")] = 8,
    generate: Annotated[str, typer.Option(help="auto, always or never.")] = "auto",
    deadline_ms: Annotated[int, typer.Option(help="When the answer must come.")] = 5000,
    key: Annotated[
        str | None, typer.Option(envvar="GRAMOJI_KEY", help="Token, where the server wants one.")
    ] = None,
) -> None:
    """Ask a running server for suggestions and show them as a table."""
    import httpx
    from rich.console import Console
    from rich.table import Table

    body = {
        "n_gram_string": n_gram,
        "user_id": "cli",
        "limit": limit,
        "generate": generate,
        "deadline_ms": deadline_ms,
    }
    try:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        answer = httpx.post(f"{url}/v1/suggest", json=body, headers=headers, timeout=60)
    except httpx.TransportError as error:
        raise ValueError(
            f"{url}: no server answers there ({error}); start one with `gramoji serve`"
        ) from None
    if answer.is_error:
        raise ValueError(f"{answer.status_code}: {answer.json().get('detail', answer.text)}")
    slate = answer.json()
    table = Table("", "type", "source", "alt text", "match", "relevance", "total", "url")
    for item in slate["items"]:
        scores = item["scores"]
        figures = [
            "–" if scores[name] is None else f"{scores[name]:.2f}"
            for name in ("index_match", "gme_relevance")
        ]
        row = [str(item["position"]), item["media_type"], item["source"], item["alt_text"], *figures]
        table.add_row(*row, f"{scores['total']:.2f}", url + item["url"])
    Console().print(table)
    for line in slate["degraded"]:
        typer.secho(line, fg="yellow", err=True)


@app.command()
def generate(
    text: Annotated[str, typer.Argument(help='What to make, such as "happy birthday".')],
    count: Annotated[int, typer.Option(min=1, max=64, help="How many stickers.")] = 4,
    seed: Annotated[int, typer.Option(help="The first seed; the others follow it.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("generated"),
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Make stickers without a server and write them as WebP files."""
    from deployments.sticker import load_generator
    from models.generation import Prompt

    generator = load_generator(AppSettings.load(config).sticker)
    made = generator.generate([Prompt(text, each) for each in range(seed, seed + count)])
    out.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(made.media, seed):
        path = out / f"{'-'.join(text.split())[:60]}-{number}.webp"
        path.write_bytes(picture.data)
        typer.echo(f"{path}  fits its text with cosine {picture.cosine:.2f}")


@catalog_app.command("stats")
def catalog_stats() -> None:
    """Count the catalogue's items by type, licence and locale."""
    from rich.console import Console
    from rich.table import Table

    from catalog.reader import read_items
    from catalog.stats import count_items

    stats = count_items(read_items())
    for title, counts in (
        ("type", stats.by_media_type),
        ("licence", stats.by_licence),
        ("locale", stats.by_locale),
    ):
        table = Table(title, "items", title=f"Items by {title}")
        for name, number in counts.items():
            table.add_row(name, str(number))
        Console().print(table)


@catalog_app.command("verify")
def catalog_verify() -> None:
    """Check the catalogue's files against their checksums and schema."""
    from catalog.reader import verify
    from catalog.schema import DATA_DIR

    verify(DATA_DIR)
    typer.echo(f"{DATA_DIR}: every file is whole")


@catalog_app.command("import")
def catalog_import(config: Config = DEFAULT_CONFIG) -> None:
    """Import the catalogue into the store; `serve` does it by itself on its first start."""
    from catalog.schema import DATA_DIR
    from deployments.first_start import import_catalog

    done = asyncio.run(import_catalog(AppSettings.load(config).store, DATA_DIR))
    typer.echo("imported" if done else "it is there already")


@catalog_app.command("embed")
def catalog_embed(config: Config = DEFAULT_CONFIG) -> None:
    """Write the catalogue's text vectors anew, after the recipe has rebuilt the media."""
    from deployments.first_start import write_catalog_vectors

    typer.echo(f"{asyncio.run(write_catalog_vectors(AppSettings.load(config).store))} texts")


@app.command()
def export_log(
    config: Config = DEFAULT_CONFIG,
    to: Annotated[
        str | None, typer.Option(help="Folder or fsspec URL; without it the store's own.")
    ] = None,
) -> None:
    """Write the log of slates and feedback as Parquet, one file an hour; started again, it adds what is new."""
    from deployments import maintenance

    typer.echo(asyncio.run(maintenance.export_log(AppSettings.load(config).store, to)))


@app.command()
def retire(config: Config = DEFAULT_CONFIG) -> None:
    """Remove what is older than `store.retention` allows, and bytes that nothing refers to. Run it daily."""
    from deployments import maintenance

    typer.echo(asyncio.run(maintenance.apply_retention(AppSettings.load(config).store)))


@app.command()
def snapshot_index(config: Config = DEFAULT_CONFIG) -> None:
    """Write the index into `store.snapshot_url`, so that replicas start quickly. Run it daily, after `retire`."""
    from deployments import snapshotting

    typer.echo(asyncio.run(snapshotting.snapshot_index(AppSettings.load(config))))


@database_app.command("upgrade")
def database_upgrade(config: Config = DEFAULT_CONFIG) -> None:
    """Bring the tables to this version; `serve` does it by itself. Nothing is changed when it fails."""
    from store.database import migrate

    asyncio.run(migrate(AppSettings.load(config).store.database_url))
    typer.echo("the tables are up to date")


def set_ray_environment() -> None:
    """What Ray reads when it starts, unless the shell says otherwise."""
    for name, value in ray_environment().items():
        os.environ.setdefault(name, value)


if __name__ == "__main__":
    main()
