"""Take a policy of how media are drawn live, if the log says that it is surely better: `gramoji promote drawing-…`."""

from dataclasses import asdict
from typing import Annotated

import typer

from ranking.live_drawing import live_drawing, read_drawing
from rl.drawn_media import DrawnMedia, judge
from rl.ope.overlap import Refusal
from rl.promote_ranker import Verdict
from rl.train_drawing import read_media
from store.journal import Decision, Journal
from store.registries import drawing_registry
from store.registry import Registry


def promote(registry: Registry, version: str, media: DrawnMedia, seed: int) -> Verdict:
    """Promote a version if the interval of its gain is above 0, on media that the live policy drew.

    `media` must be of people whom the version has not learned from. Every choice is logged with its probability, so
    no trial is needed: what is live goes on exploring.
    """
    live = live_drawing(registry)
    drawn = media.drawn_with(live.version)
    if not len(drawn):
        return _record(registry, version, False, f"the log holds no media that {live.version} drew", {})
    found = judge(drawn, read_drawing(registry, version), seed)
    if isinstance(found, Refusal):
        return _record(registry, version, False, f"the log can't tell: {found.reason}", asdict(found))
    lower, upper = found.interval.lower, found.interval.upper
    said = (
        f"{found.value:+.4f} selections a medium against {live.version} "
        f"({lower:+.4f} to {upper:+.4f}, {len(drawn)} media)"
    )
    if lower > 0.0:
        registry.promote(version)
        return _record(registry, version, True, said, asdict(found))
    return _record(registry, version, False, f"not surely better: {said}", asdict(found))


def _record(
    registry: Registry, version: str, promoted: bool, reason: str, figures: dict[str, object]
) -> Verdict:
    Journal(registry).add(
        Decision("promote", "promoted" if promoted else "not promoted", version, reason, figures)
    )
    return Verdict(promoted, reason)


def main(
    version: Annotated[str, typer.Argument(help="A registered version.")],
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    database: Annotated[
        str, typer.Option(help="The store's database, which says how each medium was drawn.")
    ],
    media: Annotated[str, typer.Option(help="Folder or fsspec URL of the store's bytes.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Take a version live if it is surely better than the live one; otherwise say why not, and exit with 1."""
    versions = drawing_registry(registry)
    settings = versions.about(version)["settings"]
    _, judged = read_media(log, database, media, tenant).split(settings["held_out"])
    verdict = promote(versions, version, judged, settings["seed"])
    typer.echo(f"{version} {'is live' if verdict.promoted else 'stays a candidate'}: {verdict.reason}")
    raise typer.Exit(0 if verdict.promoted else 1)


if __name__ == "__main__":
    typer.run(main)
