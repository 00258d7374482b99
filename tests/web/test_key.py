"""The page at a real server that wants keys: it asks for one, and keeps it."""

import os

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.keyed import KeyedServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def token(keyed: KeyedServer) -> str:
    return keyed.add_key("acme", "--label", "the page", "--per-minute", "600")


async def give(page: Page, token: str) -> None:
    await page.get_by_label("This server asks for a key").fill(token)
    await page.get_by_role("button", name="Use it").click()


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog")


async def test_the_page_asks_for_a_key_shows_media_with_it_and_keeps_it(
    context: BrowserContext, keyed: KeyedServer, token: str
) -> None:
    page = await context.new_page()
    await page.goto(keyed.url)
    await expect(dialog_of(page)).to_be_visible()
    if path := os.environ.get("GRAMOJI_SCREENSHOT"):
        await page.screenshot(path=path)
    await give(page, "gmj_wrong")
    await expect(dialog_of(page)).to_contain_text("It did not take the last one.")
    await give(page, token)
    await expect(dialog_of(page)).to_have_count(0)
    await page.get_by_label("Message", exact=True).press_sequentially("red heart", delay=30)
    made = page.locator('.tile[data-source="generated"] img').first
    await expect(made).to_be_visible(timeout=60_000)
    assert "signature=" in (await made.get_attribute("src") or "")
    await expect(made).to_have_js_property("complete", True)
    assert await made.evaluate("image => image.naturalWidth") > 0
    await page.locator(".tile").first.click()
    await expect(page.locator("figure.media img").first).to_be_visible()
    await page.reload()
    await expect(page.locator(".tile").first).to_be_visible(timeout=15_000)
    await expect(dialog_of(page)).to_have_count(0)


async def test_the_lab_asks_for_a_key_too(context: BrowserContext, keyed: KeyedServer, token: str) -> None:
    page = await context.new_page()
    await page.goto(f"{keyed.url}/lab")
    await give(page, token)
    await expect(page.get_by_role("status")).to_contain_text("0 versions")


async def test_without_a_key_the_page_says_so(context: BrowserContext, keyed: KeyedServer) -> None:
    page = await context.new_page()
    await page.goto(keyed.url)
    await expect(dialog_of(page)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("status")).to_contain_text("asks for a key")
