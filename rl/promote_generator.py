"""Take a tuned generator live, if what it makes of held-out n-grams is surely liked better and fits as well."""

import asyncio
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
import yaml

from catalog.recipe.phrases import PHRASES_FILE
from models.sticker import StickerGenerator
from ranking.live_generator import read_tuned
from ranking.outcomes import EFFECT, PAINTED, differences
from ranking.painted_trial import PaintedCounts
from ranking.trial import Difference
from rl.generator_evidence import GeneratorEvidence, Works, compare, make, paint_stickers
from rl.promote_ranker import Verdict
from rl.reward.registry import HELD_OUT, people_climbed, read_preference
from rl.tuning.latent_media import LatentMedia
from rl.tuning.settings import GeneratorTuning
from store.database import connect
from store.journal import Decision, Journal
from store.log_dataset import LogDataset
from store.registries import generator_registry
from store.registry import Registry, person_number
from store.serving import Serving
from store.tenant_log import read_slates

N_GRAMS, SEEDS = 60, 6  # that the evidence is of: 360 stickers of each generator
LEVEL = 0.95
STEPS = 2  # Heun's, as stickers are served


def promote(
    registry: Registry,
    version: str,
    found: GeneratorEvidence,
    trial: Mapping[str, Difference] | None = None,
    control: float = 0.0,
) -> Verdict:
    """Promote a version unless something in the evidence, or in its trial, speaks against it; the journal says why.

    `control` of the people keep the version before, so that it is watched on.
    """
    trial = trial or {}
    worse = [name for name, each in trial.items() if each.upper < 0.0]
    surely_liked = PAINTED in trial and trial[PAINTED].lower > 0.0
    objection = f"surely less is selected {worse[0]}" if worse else found.objection(surely_liked)
    if objection is None:
        registry.promote(version, control)
    return _record(registry, version, "promoted" if objection is None else None, objection, found, trial)


def try_out(registry: Registry, version: str, found: GeneratorEvidence, share: float) -> Verdict:
    """Let a version paint for a share of the people, unless it is surely worse."""
    objection = found.objection_to_trial
    if objection is None:
        registry.try_out(version, share)
    return _record(registry, version, "canary" if objection is None else None, objection, found, {})


def _record(
    registry: Registry,
    version: str,
    became: str | None,
    objection: str | None,
    found: GeneratorEvidence,
    trial: Mapping[str, Difference],
) -> Verdict:
    said = "; ".join([str(found), *(f"{name}: {each}" for name, each in trial.items())])
    reason = said if objection is None else f"{objection}: {said}"
    figures = found.figures | {"trial": {name: asdict(each) for name, each in trial.items()}}
    Journal(registry).add(Decision("promote", became or "not promoted", version, reason, figures))
    return Verdict(became is not None, reason)


async def read_trial(database_url: str, serving: Serving, version: str) -> dict[str, Difference]:
    """How a version does as a canary so far; nothing if it is none."""
    if serving.beside is None or serving.beside.role != "canary" or serving.beside.version != version:
        return {}
    engine = await connect(database_url)
    try:
        counted = await PaintedCounts(engine)(serving, time.time())
    finally:
        await engine.dispose()
    return differences(counted, EFFECT, LEVEL)


def held_out_n_grams(
    rows: Sequence[Mapping[str, Any]], learned: Container[int], most: int, seed: int
) -> list[str]:
    """N-grams that nobody typed who was learned from: of the log's other people, and everyday phrases."""
    typed = {row["n_gram"] for row in rows if person_number(row["user_id"]) in learned}
    others = {row["n_gram"] for row in rows}
    held_out = sorted({each for each in (*others, *everyday_phrases()) if each.strip()} - typed)
    drawn = np.random.default_rng(seed).permutation(len(held_out))[:most]
    return [held_out[place] for place in drawn]


def everyday_phrases() -> list[str]:
    """What nobody in particular typed."""
    return list(yaml.load(PHRASES_FILE.read_text("utf-8"), yaml.BaseLoader))  # which reads `yes` as a word


def main(
    version: Annotated[str, typer.Argument(help="A registered version.")],
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    database: Annotated[str, typer.Option(help="SQLAlchemy URL of the store, where trials are counted.")],
    canary: Annotated[float | None, typer.Option(help="Share of the people to try it on.")] = None,
    control: Annotated[float, typer.Option(help="Share of the people who keep the version before.")] = 0.0,
    weights: Annotated[Path, typer.Option(help="Folder of the small models.")] = Path("models/weights"),
    tenant: Annotated[str | None, typer.Option(help="Whose slates were learned from; `*` is all.")] = None,
) -> None:
    """Compare a version with the live one by a reward that tuning never saw; take it live, or try it, or exit with 1."""
    versions = generator_registry(registry, "sticker")
    about = versions.about(version)
    settings = GeneratorTuning.model_validate(about["settings"])
    held_out, live = read_preference(registry, "sticker", about["reward"], HELD_OUT), versions.live()
    rows = read_slates(LogDataset(log), tenant)
    learned = people_climbed(registry, "sticker", about["reward"])
    n_grams = held_out_n_grams(rows, learned, N_GRAMS, settings.seed)
    generator = StickerGenerator(
        weights / "sticker", weights / "relevance", STEPS, settings.guidance, settings.strength
    )
    torch.set_num_threads(settings.threads)

    def reward(media: LatentMedia) -> torch.Tensor:
        return held_out.probability(media)

    paint = partial(paint_stickers, generator)
    works: dict[str | None, Works] = {None: make(paint, n_grams, SEEDS, reward)}
    for each in {version, live} - {None}:
        generator.retune(read_tuned(versions, str(each)))
        works[each] = make(paint, n_grams, SEEDS, reward)
    found = compare(works[version], works[live], works[None], settings.seed)
    for name, gain in found.gains.items():
        typer.echo(f"{name:10} {gain}")
    if canary is not None:
        verdict, became = (
            try_out(versions, version, found, canary),
            f"paints for {canary:.0%} of the people",
        )
    else:
        trial = asyncio.run(read_trial(database, versions.serving(), version))
        verdict, became = promote(versions, version, found, trial, control), "is live"
    typer.echo(f"{version} {became if verdict.promoted else 'stays as it was'}: {verdict.reason}")
    raise typer.Exit(0 if verdict.promoted else 1)


if __name__ == "__main__":
    typer.run(main)
