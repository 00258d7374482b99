"""What one tuning run on the base model's log changes, by simulated people who look at the real stickers.

    python -m benchmarks.generator_tuning

People with hidden tastes for colours, styles and motifs type 60 phrases and select from slates of the real ranking. Their
log, in a real store, trains the reward and tunes the sticker generator. Then the same people type 40 other phrases, twice:
beside the stickers of the base generator, and of the tuned one, from the same seeds.
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import ray
import typer

from catalog.reader import read_items
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.sticker import load_generator
from models.training.sheets import opened, write_sheet
from models.tuned import TunedSticker
from ranking.weights import load_ranking_weights
from rl.reward.combined import CombinedReward
from rl.reward.registry import HELD_OUT, read_preference, reward_registry
from rl.reward.settings import RewardTraining
from rl.simulation.gallery import Gallery
from rl.simulation.gallery_store import GalleryStore
from rl.simulation.paintings import Paintings, looks_of, paint
from rl.simulation.phrasebook import Phrasebook, read_phrasebook
from rl.simulation.town import Customs
from rl.train_reward import read, train_reward
from rl.tune_generator import tune_sticker
from rl.tuning.settings import GeneratorTuning
from store.log_dataset import LogDataset
from store.tenant_log import read_slates

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results/generator_tuning.json"
LEARNED, NEW = range(60), range(60, 100)  # phrases of the book
LEARN_ORDERS, NEW_ORDERS = range(1, 13), range(50, 58)  # seeds
SHEET_PHRASES, SHOWN_PX = 10, 96
CUSTOMS = Customs(num_people=200)


def main(
    visits: Annotated[int, typer.Option(help="Slates of the log.")] = 4000,
    later: Annotated[int, typer.Option(help="Slates that each generator is then judged by.")] = 4000,
    algorithm: Annotated[str, typer.Option(help="nft or ddpo.")] = "nft",
    seed: Annotated[int, typer.Option(help="Of people and of what they do.")] = 0,
    sheet: Annotated[Path, typer.Option(help="Where the sheet goes.")] = ROOT / "docs/tuned.png",
) -> None:
    """Log, reward, tuning, and the comparison."""
    weights = load_ranking_weights(ROOT / "configs/ranking.yaml")
    generator = load_generator(AppSettings.load(DEFAULT_CONFIG).sticker)
    book = read_phrasebook(len(LEARNED) + len(NEW), media_types=("sticker",))
    found = {candidate.item_id for candidates in book.found for candidate in candidates}
    items = {item.item_id: item for item in read_items(media_types=("sticker",)) if item.item_id in found}
    looks = {item_id: looks_of(item.data) for item_id, item in items.items()}

    def gallery(paintings: Paintings) -> Gallery:
        return Gallery(book, looks, paintings, weights, CUSTOMS, seed)

    paintings = paint(generator, [book.phrases[n] for n in LEARNED], LEARN_ORDERS)
    with tempfile.TemporaryDirectory() as folder:
        store = GalleryStore(Path(folder) / "store")
        seen = list(gallery(paintings).visits(visits, LEARNED))
        asyncio.run(store.write(seen, book, items, weights, generator.version))
        tuned, figures = _tune(store, Path(folder), algorithm)
    new = [book.phrases[n] for n in NEW]
    offered = {"base": paint(generator, new, NEW_ORDERS)}
    generator.retune(tuned)
    offered["tuned"] = paint(generator, new, NEW_ORDERS)
    earned = {name: _earned(gallery(each), later) for name, each in offered.items()}
    figures |= {"simulation": True, "seed": seed, "slates_logged": visits, "slates_judged": later}
    figures |= {
        "generated_selections_a_slate": _paired(earned["base"][0], earned["tuned"][0]),
        "all_selections_a_slate": _paired(earned["base"][1], earned["tuned"][1]),
        **{name: _pictures(offered, book, name) for name in offered},
    }
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    typer.echo(json.dumps(figures, indent=2))
    _draw(sheet, offered, new[:: len(new) // SHEET_PHRASES][:SHEET_PHRASES])


def _tune(store: GalleryStore, folder: Path, algorithm: str) -> tuple[TunedSticker, dict[str, Any]]:
    """The reward and the tuned generator, as the jobs make them."""
    training = RewardTraining.load(ROOT / "configs/rl/reward.yaml")
    settings = GeneratorTuning.load(ROOT / f"configs/rl/{algorithm}.yaml")
    ranking, registry = load_ranking_weights(ROOT / "configs/ranking.yaml"), str(folder / "registry")
    rows = read_slates(LogDataset(store.log_url), None)
    places = (store.database_url, store.blob_url)
    showings = asyncio.run(read(rows, places, ROOT / "models/weights", ranking, training.max_weight))
    about = train_reward(training, showings, "sticker", reward_registry(registry, "sticker"))
    reward = CombinedReward(
        read_preference(registry, "sticker", about["version"]), training.reward, ranking
    )
    learn, _ = showings.generated.split(training.held_out)
    ray.init(include_dashboard=False, log_to_driver=False, ignore_reinit_error=True)
    started, cpu = time.perf_counter(), time.process_time()
    tuned = tune_sticker(settings, learn, reward, ROOT / "models/weights", folder / "run")
    seconds = {"wall": round(time.perf_counter() - started, 1), "cpu": round(time.process_time() - cpu, 1)}
    held_out = read_preference(registry, "sticker", about["version"], HELD_OUT)
    spread = float(held_out.probability(learn.media).std())
    figures = {
        "algorithm": algorithm,
        "media_learned_from": len(learn),
        "reward_model": about["metrics"],
        "held_out_reward_spread": round(spread, 4),
        "tuning_s": seconds,
    }
    return tuned, figures


def _earned(gallery: Gallery, num: int) -> tuple[np.ndarray, np.ndarray]:
    """Expected selections a slate of each person, of generated stickers and of all."""
    made_P, all_P, count_P = (np.zeros(CUSTOMS.num_people) for _ in range(3))
    for visit in gallery.visits(num, NEW):
        made_P[visit.person] += visit.generated()
        all_P[visit.person] += visit.impression.probabilities_K.sum()
        count_P[visit.person] += 1
    return made_P / np.maximum(count_P, 1), all_P / np.maximum(count_P, 1)


def _paired(base_P: np.ndarray, tuned_P: np.ndarray) -> dict[str, float]:
    """Means, and the difference with half of its 95 % interval; people are the units."""
    gains_P = tuned_P - base_P
    half = 1.96 * float(gains_P.std(ddof=1)) / len(gains_P) ** 0.5
    means = {"base": float(base_P.mean()), "tuned": float(tuned_P.mean()), "gain": float(gains_P.mean())}
    return {name: round(value, 4) for name, value in (means | {"half_interval": half}).items()}


def _pictures(offered: dict[str, Paintings], book: Phrasebook, name: str) -> dict[str, float]:
    """What the stickers of new phrases are like; `own_phrase_first` says how often that is the nearest of all phrases."""
    phrases = [book.phrases[n] for n in NEW]
    texts_QD = book.vectors_QD[list(NEW)]
    all_made = [each for made in offered[name].values() for each in made]
    vectors_ND = np.stack([each.medium.embedding for each in all_made])
    own_N = np.array([phrases.index(each.prompt.text) for each in all_made])
    cosines_NQ = vectors_ND @ texts_QD.T
    alike = [vectors_ND[own_N == q] @ vectors_ND[own_N == q].T for q in range(len(phrases))]
    pairs = len(alike[0]) * (len(alike[0]) - 1)
    figures = {
        "cosine": cosines_NQ[np.arange(len(own_N)), own_N].mean(),
        "own_phrase_first_percent": 100 * (cosines_NQ.argmax(axis=1) == own_N).mean(),
        "warmth": np.mean([each.looks.warmth for each in all_made]),
        "vividness": np.mean([each.looks.vividness for each in all_made]),
        "diversity": 1 - np.mean([(each.sum() - np.trace(each)) / pairs for each in alike]),
    }
    return {key: round(float(value), 4) for key, value in figures.items()}


def _draw(sheet: Path, offered: dict[str, Paintings], phrases: list[str]) -> None:
    """Rows: base, tuned, base, tuned; two seeds in 3D."""
    rows = []
    for seed in range(2):
        for paintings in offered.values():
            made = [paintings[phrase, "3d"][seed].medium for phrase in phrases]
            rows.append([opened(medium.data, SHOWN_PX) for medium in made])
    write_sheet(sheet, rows, phrases)


if __name__ == "__main__":
    typer.run(main)
