"""Take a tuned generator live, if what it makes of held-out n-grams is surely liked better and fits as well."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import yaml

from catalog.recipe.phrases import PHRASES_FILE
from rl.generator_evidence import GeneratorEvidence
from rl.promote_ranker import Verdict
from store.journal import Decision, Journal
from store.registry import PEOPLE, Registry, person_number


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
