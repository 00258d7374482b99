"""Take a tuned generator live, if what it makes of held-out n-grams is surely liked better and fits as well."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
import yaml

from catalog.recipe.phrases import PHRASES_FILE
from models.sticker import StickerGenerator
from ranking.live_generator import generator_registry, read_tuned
from rl.generator_evidence import GeneratorEvidence, Works, compare, make
from rl.promote_ranker import Verdict
from rl.reward.registry import HELD_OUT, read_preference
from rl.tuning.latent_media import LatentMedia
from rl.tuning.settings import GeneratorTuning
from store.journal import Decision, Journal
from store.log_dataset import LogDataset
from store.registry import PEOPLE, Registry, person_number
from store.tenant_log import read_slates

N_GRAMS, SEEDS = 60, 6  # that the evidence is of: 360 stickers of each generator
STEPS = 2  # Heun's, as stickers are served


def promote(registry: Registry, version: str, found: GeneratorEvidence) -> Verdict:
    """Promote a version unless something in the evidence speaks against it; either way the journal says why."""
    objection = found.objection
    reason = str(found) if objection is None else f"{objection}: {found}"
    if objection is None:
        registry.promote(version)
    what = "promoted" if objection is None else "not promoted"
    Journal(registry).add(Decision("promote", what, version, reason, found.figures))
    return Verdict(objection is None, reason)


def held_out_n_grams(
    rows: Sequence[Mapping[str, Any]], registry: Registry, version: str, most: int, seed: int
) -> list[str]:
    """N-grams that nobody typed whom the version learned from: of the log's other people, and everyday phrases."""
    learned = set(np.frombuffer(registry.read(version, PEOPLE), dtype="<i8").tolist())
    typed = {row["n_gram"] for row in rows if person_number(row["user_id"]) in learned}
    others = {row["n_gram"] for row in rows}
    phrases = yaml.load(PHRASES_FILE.read_text("utf-8"), yaml.BaseLoader)  # which reads `yes` as a word
    held_out = sorted({each for each in (*others, *phrases) if each.strip()} - typed)
    drawn = np.random.default_rng(seed).permutation(len(held_out))[:most]
    return [held_out[place] for place in drawn]


def main(
    version: Annotated[str, typer.Argument(help="A registered version.")],
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    weights: Annotated[Path, typer.Option(help="Folder of the small models.")] = Path("models/weights"),
    tenant: Annotated[str | None, typer.Option(help="Whose slates were learned from; `*` is all.")] = None,
) -> None:
    """Compare a version with the live one by a reward that tuning never saw; take it live, or exit with 1."""
    versions = generator_registry(registry, "sticker")
    about = versions.about(version)
    settings = GeneratorTuning.model_validate(about["settings"])
    held_out, live = read_preference(registry, HELD_OUT, about["reward"]), versions.live()
    rows = read_slates(LogDataset(log), tenant)
    n_grams = held_out_n_grams(rows, versions, version, N_GRAMS, settings.seed)
    generator = StickerGenerator(
        weights / "sticker", weights / "relevance", STEPS, settings.guidance, settings.strength
    )
    torch.set_num_threads(settings.threads)

    def reward(media: LatentMedia) -> torch.Tensor:
        return held_out.probability(media)

    works: dict[str | None, Works] = {None: make(generator, n_grams, SEEDS, reward)}
    for each in {version, live} - {None}:
        generator.retune(read_tuned(versions, str(each)))
        works[each] = make(generator, n_grams, SEEDS, reward)
    found = compare(works[version], works[live], works[None], settings.seed)
    for name, gain in found.gains.items():
        typer.echo(f"{name:10} {gain}")
    verdict = promote(versions, version, found)
    typer.echo(f"{version} {'is live' if verdict.promoted else 'stays a candidate'}: {verdict.reason}")
    if verdict.promoted:
        typer.echo("a running server paints with it after `gramoji deploy`")
    raise typer.Exit(0 if verdict.promoted else 1)


if __name__ == "__main__":
    typer.run(main)
