"""The page `/lab` of a real server, over a registry whose decisions and figures were made by the real functions."""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import httpx
import pytest
from playwright.async_api import BrowserContext, Page, expect

from ranking.live_policy import POLICY
from ranking.policy import to_safetensors
from rl.drift import DriftLimits, measure_log
from rl.log import read_log
from rl.promote_ranker import promote, try_out
from store.journal import Decision, Journal
from store.registry import Registry
from tests.conftest import serving
from tests.keyed import write_config
from tests.ranking import strategies as s
from tests.rl.logs import log_rows
from tests.rl.test_drift import GREETINGS, SPORTS, by_hash, typed
from tests.rl.test_promotion import leaning_to

pytestmark = pytest.mark.slow
WEIGHTS = replace(s.SHIPPED, temperature=0.1)
LIMITS = DriftLimits(psi=0.25, distance=0.02, p_value=0.01, texts=100, seed=0)


def fill(registry: Registry) -> tuple[str, str]:
    """One version that was promoted, one after it that is on trial, and what was measured on the way."""
    rows, versions = log_rows(2_000, WEIGHTS), []
    log = read_log(rows, WEIGHTS)
    for by, parent in ((1.0, None), (0.5, 0)):
        policy = leaning_to("is_video", by)
        curves = [{"iteration": i, "value": 0.1 * i, "click_loss": 1.0 / i} for i in range(1, 6)]
        about = {
            "data": {"slates": 2_000, "from_s": 0.0, "to_s": 999.0},
            "parent": None if parent is None else versions[parent],
        }
        lines = "\n".join(map(json.dumps, curves)).encode()
        registry.add(policy.version, {POLICY: to_safetensors(policy), "curves.jsonl": lines}, about)
        versions.append(policy.version)
    assert promote(registry, versions[0], WEIGHTS.version, log, 0).promoted
    assert try_out(registry, versions[1], WEIGHTS.version, log, 0, share=0.25).promoted
    drift = measure_log(
        typed(rows[:1_000], GREETINGS) + typed(rows[1_000:], SPORTS), registry, by_hash, LIMITS
    )
    assert drift is not None
    reason = "5 new slates; wanted are 20000"
    Journal(registry).add(Decision("learn", "waiting", None, reason, {"drift": asdict(drift)}))
    return versions[0], versions[1]


@pytest.fixture(scope="module")
def folder(new_folder: Callable[[str], Path]) -> Path:
    return new_folder("lab")


@pytest.fixture(scope="module")
def versions(folder: Path) -> tuple[str, str]:
    return fill(Registry(str(folder / "var" / "registry")))


@pytest.fixture(scope="module")
def server(folder: Path, versions: tuple[str, str]) -> Iterator[str]:
    with serving(folder, "--config", str(write_config(folder))) as url:
        yield url


@pytest.fixture
async def lab(context: BrowserContext, server: str) -> AsyncIterator[Page]:
    page, problems = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    await page.goto(f"{server}/lab")
    await expect(page.get_by_role("status")).to_contain_text("2 versions, 3 decisions")
    yield page
    assert problems == []


async def test_versions_stand_with_their_lineage_and_what_they_do(
    lab: Page, versions: tuple[str, str]
) -> None:
    live, canary = versions
    rows = lab.locator("#versions tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0)).to_contain_text(canary)
    await expect(rows.nth(0)).to_contain_text("canary")
    await expect(rows.nth(1)).to_contain_text("live")
    await expect(rows.nth(1)).to_contain_text("hand-set weights")
    await expect(lab.locator("#versions .edge")).to_have_count(1)
    await expect(lab.locator("#serving")).to_contain_text("75 % of the people")
    await expect(lab.locator("#serving")).to_contain_text("25 % of the people")
    await expect(lab.locator("#serving")).to_contain_text(live)


async def test_gains_have_intervals_and_say_them_in_words(lab: Page, server: str) -> None:
    data = httpx.get(f"{server}/lab/data").json()
    evidence = data["decisions"][0]["evidence"]
    drawn = lab.locator("#estimates svg")
    await expect(drawn).to_have_count(2)
    await expect(drawn.nth(1)).to_have_attribute("aria-label", f"{evidence['gain']:.4f}, from "
        f"{evidence['lower']:.4f} to {evidence['upper']:.4f}")  # fmt: skip
    await expect(lab.locator("#estimates tbody tr").nth(1)).to_contain_text("from the log")


async def test_curves_are_of_the_version_that_is_chosen(lab: Page, versions: tuple[str, str]) -> None:
    await expect(lab.locator(".curve h3")).to_have_text(["value", "click loss"])
    first = lab.get_by_role("img", name="value: from 0.1000 to 0.5000 in 5 iterations")
    await expect(first).to_be_visible()
    await lab.get_by_label("of version").select_option(versions[0])
    await expect(first).to_be_visible()


async def test_drift_is_marked_and_the_reasons_of_decisions_are_read(lab: Page) -> None:
    drifted = lab.locator("#drift tr", has_text="drifted")
    await expect(drifted).to_have_count(2)
    await expect(lab.locator("#drift")).to_contain_text("n-grams' meaning")
    await expect(lab.locator("#decisions li").first).to_contain_text("5 new slates; wanted are 20000")


async def test_nothing_scrolls_sideways_on_a_phone_but_the_tables(lab: Page) -> None:
    await lab.set_viewport_size({"width": 360, "height": 740})
    assert await lab.evaluate("document.documentElement.scrollWidth") <= 360
    if path := os.environ.get("GRAMOJI_SCREENSHOT"):
        await lab.screenshot(path=path, full_page=True)


def test_the_data_are_read_only_and_no_part_of_the_contract(server: str) -> None:
    assert httpx.post(f"{server}/lab/data").status_code == 405
    assert not any("lab" in path for path in httpx.get(f"{server}/openapi.json").json()["paths"])
