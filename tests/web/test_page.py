import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.store.test_uploads import encoded, picture

pytestmark = pytest.mark.slow

SUGGEST = "**/v1/suggest"
PICTURES = ':is([data-media-type="sticker"], [data-media-type="image"])'
GENERATED_WITHIN_MS = 60_000
FIRST_SLATE_WITHIN_MS = 15_000

# Chromium reports every streamed answer as aborted, so the page itself is asked which calls it dropped.
RECORD_CALLS = """() => {
  const original = window.fetch;
  window.calls = [];
  window.answering = new Set();
  const row = document.getElementById("row");
  new MutationObserver(() => { window.wasBusy ||= row.ariaBusy === "true"; })
    .observe(row, { attributeFilter: ["aria-busy"] });
  window.fetch = async (url, init) => {
    const response = await original(url, init);
    if (url !== "/v1/suggest") return response;
    const call = {
      nGram: JSON.parse(init.body).n_gram_string,
      compositionId: init.headers["X-Composition-Id"],
      dropped: false,
    };
    window.answering.add(call.nGram);
    const [mine, theirs] = response.body.tee();
    window.calls.push(new Response(mine).text().then(
      (text) => ({ ...call, text }), () => ({ ...call, dropped: true })));
    return new Response(theirs, response);
  };
}"""


def row_of(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Suggestions")


def tiles_of(page: Page, condition: str = "") -> Locator:
    return page.locator(f".tile{condition}")


async def type_text(page: Page, text: str) -> None:
    """Type key by key, and wait for the first slate for the whole text."""
    await page.get_by_label("Message", exact=True).press_sequentially(text, delay=30)
    await expect(row_of(page)).to_have_attribute("data-n-gram", text, timeout=FIRST_SLATE_WITHIN_MS)


async def wait_for_generated(page: Page) -> Locator:
    """Any medium: which of those just made are in the row is drawn."""
    generated = tiles_of(page, '[data-source="generated"]')
    await expect(generated.first).to_be_visible(timeout=GENERATED_WITHIN_MS)
    return generated


async def type_until_a_picture_is_made(page: Page) -> Locator:
    for text in ("happy birthday", "good luck", "i love you", "pizza"):
        await page.get_by_label("Message", exact=True).fill("")
        await type_text(page, text)
        await wait_for_generated(page)
        await expect(row_of(page)).to_have_attribute("aria-busy", "false", timeout=GENERATED_WITHIN_MS)
        pictures = tiles_of(page, f'[data-source="generated"]{PICTURES}')
        if await pictures.count():
            return pictures
    pytest.fail("no picture that was just made came into four rows")


def is_new_picture(tile: dict[str, str]) -> bool:
    return tile["source"] == "generated" and tile["mediaType"] in ("sticker", "image")


async def focused_tile(page: Page) -> dict[str, str]:
    """The data attributes of the tile that has the focus; empty where none has."""
    tile: dict[str, str] = await page.evaluate(
        "() => ({...(document.activeElement.closest('.tile')?.dataset ?? {})})"
    )
    return tile


async def ask_only_for(page: Page, media_type: str) -> None:
    """Let every later call ask for one media type from the index, so that the row is sure to hold it."""

    async def narrow(route: Route) -> None:
        body = {
            **json.loads(route.request.post_data or "{}"),
            "media_types": [media_type],
            "generate": "never",
        }
        await route.continue_(post_data=json.dumps(body))

    await page.route(SUGGEST, narrow)


async def test_ones_own_picture_is_added_with_the_typed_words_and_found_by_them(
    page: Page, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.png"
    mine.write_bytes(encoded(picture(200, angle=50), "PNG"))
    await type_text(page, "wobbleplop")
    await page.locator("#file").set_input_files(mine)
    sent = page.locator(".message.from-me .media")
    await expect(sent).to_be_visible(timeout=20_000)
    item_id = await sent.get_attribute("data-item-id")
    await asyncio.sleep(1)
    await type_text(page, "wobbleplop")
    await expect(tiles_of(page, f'[data-item-id="{item_id}"]')).to_be_visible()


async def test_a_file_that_is_no_media_is_refused_with_its_reason(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("these are only words")
    await page.locator("#file").set_input_files(text)
    await expect(page.locator("#status")).to_contain_text("unknown type", timeout=20_000)
    await expect(page.get_by_role("button", name="Add your own media")).to_be_enabled()


async def test_a_picture_is_made_while_typing_and_picked_by_keyboard(page: Page) -> None:
    generated = await type_until_a_picture_is_made(page)
    await expect(page.get_by_role("status")).to_contain_text("just made")
    if path := os.environ.get("GRAMOJI_SCREENSHOT"):
        await generated.first.scroll_into_view_if_needed()
        await page.wait_for_timeout(700)  # the motion has ended
        await page.screenshot(path=path)

    await page.keyboard.press("ArrowUp")
    for _ in range(await tiles_of(page).count()):
        tile = await focused_tile(page)
        if is_new_picture(tile):
            break
        await page.keyboard.press("ArrowRight")
    assert is_new_picture(tile)
    await page.keyboard.press("Enter")

    sent = page.locator(f'.from-me [data-item-id="{tile["itemId"]}"] img')
    await expect(sent).to_be_visible()
    assert await sent.get_attribute("alt")
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("")


async def test_a_choice_is_reported_with_its_slate(page: Page) -> None:
    await type_text(page, "cat")
    tile = tiles_of(page, '[data-media-type="sticker"]').first
    item_id = await tile.get_attribute("data-item-id")
    async with page.expect_request("**/v1/feedback") as feedback:
        await tile.get_by_role("button").click()
    body = json.loads((await feedback.value).post_data or "{}")
    assert (body["item_id"], body["action"]) == (item_id, "select")
    assert body["suggestion_id"]
    assert set(body) == {"event_id", "suggestion_id", "item_id", "action", "at"}


async def test_the_focus_stays_on_its_tile_when_the_row_is_ranked_again(page: Page) -> None:
    await type_text(page, "pizza")
    await page.keyboard.press("ArrowUp")
    before = await focused_tile(page)
    await wait_for_generated(page)
    after = await focused_tile(page)
    remaining = await tiles_of(page, f'[data-item-id="{before["itemId"]}"]').count()
    assert after["itemId"] == before["itemId"] if remaining else after
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()


async def test_enter_sends_text_as_text(page: Page) -> None:
    text = '<img src=x onerror="document.title=1"> & <b>bold</b>'
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator(".from-me .bubble")).to_have_text(text)
    assert await page.title() == "Gramoji"


async def test_nothing_scrolls_sideways_on_a_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await type_text(page, "happy birthday")
    await expect(tiles_of(page, '[data-source="generated"]').first).to_be_visible(
        timeout=GENERATED_WITHIN_MS
    )
    await tiles_of(page).first.get_by_role("button").first.press("Enter")
    await page.get_by_label("Message", exact=True).fill("so" + "o" * 120)
    await page.keyboard.press("Enter")
    await expect(page.locator(".from-me")).to_have_count(2)
    widest: float = await page.evaluate(
        """() => Math.max(document.documentElement.scrollWidth, document.getElementById("chat").scrollWidth,
          ...[...document.querySelectorAll(".head, .message, .composer, .send, .status")]
          .map((element) => element.getBoundingClientRect().right))"""
    )
    assert widest <= 360


async def test_a_sound_plays_on_click_and_is_added_by_its_own_button(page: Page) -> None:
    await ask_only_for(page, "audio")
    await type_text(page, "bell")
    tile = tiles_of(page, '[data-media-type="audio"]').first
    await page.evaluate(
        """() => {
          const audio = document.querySelector("audio");
          window.heard = new Promise((resolve) => audio.addEventListener(
            "playing", () => resolve({paused: audio.paused, src: audio.src}), {once: true}));
        }"""
    )
    await tile.locator(".tile-main").click()
    state: dict[str, Any] = await page.evaluate("() => window.heard")
    item_id = await tile.get_attribute("data-item-id")
    assert state["paused"] is False
    assert state["src"].endswith(f"/v1/media/{item_id}")

    await tile.get_by_role("button", name="Add").click()
    await expect(page.locator(f'.from-me .sound[data-item-id="{item_id}"]')).to_be_visible()


async def test_a_clip_moves_while_it_is_pointed_at(page: Page) -> None:
    await ask_only_for(page, "video")
    await type_text(page, "party")
    tile = tiles_of(page, '[data-media-type="video"]').first
    image = tile.locator("img")
    still = await image.get_attribute("src")
    moving = f"/v1/media/{await tile.get_attribute('data-item-id')}"
    assert still == f"{moving}?rendition=preview"
    await tile.hover()
    await expect(image).to_have_attribute("src", moving)
    await page.mouse.move(0, 0)
    await expect(image).to_have_attribute("src", still)
    await page.keyboard.press("ArrowUp")
    await expect(image).to_have_attribute("src", moving)


async def test_a_newer_keystroke_drops_the_older_call(page: Page) -> None:
    await page.evaluate(RECORD_CALLS)
    await page.get_by_label("Message", exact=True).press_sequentially("happy")
    await page.wait_for_function("() => window.answering.has('happy')")
    await page.wait_for_function("() => window.wasBusy")
    await page.keyboard.type(" birthday")
    await expect(row_of(page)).to_have_attribute(
        "data-n-gram", "happy birthday", timeout=FIRST_SLATE_WITHIN_MS
    )
    await expect(row_of(page)).to_have_attribute("aria-busy", "false", timeout=GENERATED_WITHIN_MS)

    calls: list[dict[str, Any]] = await page.evaluate("() => Promise.all(window.calls)")
    dropped = [call["nGram"] for call in calls if call["dropped"]]
    assert "happy" in dropped
    assert "happy birthday" not in dropped
    assert calls[-1]["nGram"] == "happy birthday"
    assert len({call["compositionId"] for call in calls}) == 1
    events = calls[-1]["text"].replace("\r\n", "\n").split("\n\n")
    slates = [event for event in events if event.startswith("event: slate")]
    data = "".join(line.removeprefix("data: ") for line in slates[-1].split("\n")[1:])
    shown = [await tile.get_attribute("data-item-id") for tile in await tiles_of(page).all()]
    assert shown == [item["item_id"] for item in json.loads(data)["items"]]


async def test_a_busy_server_is_named_and_asked_again(page: Page) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(
            status=503,
            headers={"Retry-After": "1", "Content-Type": "application/problem+json"},
            body=json.dumps(
                {"type": "about:blank", "title": "Busy", "status": 503, "detail": "too many calls"}
            ),
        )

    await page.route(SUGGEST, refuse)
    await page.get_by_label("Message", exact=True).fill("hello")
    await expect(page.get_by_role("status")).to_contain_text("busy")
    await expect(page.get_by_role("status")).to_contain_text("Trying again")
    await page.unroute(SUGGEST)
    await expect(row_of(page)).to_have_attribute("data-n-gram", "hello", timeout=FIRST_SLATE_WITHIN_MS)
    await expect(page.get_by_role("status")).not_to_contain_text("busy")


async def test_a_lost_network_is_named_and_its_return_is_noticed(
    page: Page, context: BrowserContext
) -> None:
    await context.set_offline(True)
    await page.get_by_label("Message", exact=True).fill("hello")
    await expect(page.get_by_role("status")).to_contain_text("reach the server")
    await context.set_offline(False)
    await expect(row_of(page)).to_have_attribute("data-n-gram", "hello", timeout=FIRST_SLATE_WITHIN_MS)


async def test_a_long_press_explains_a_suggestion_and_chooses_nothing(
    browser: Browser, server: str
) -> None:
    context = await browser.new_context(
        viewport={"width": 400, "height": 720}, has_touch=True, locale="en-GB"
    )
    page = await context.new_page()
    await page.goto(server)
    await ask_only_for(page, "sticker")
    await type_text(page, "red heart")
    box = await tiles_of(page).first.bounding_box()
    assert box is not None
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    fingers = await context.new_cdp_session(page)
    await fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    card = page.locator("#scores")
    await expect(card).to_be_visible()
    await fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await page.wait_for_timeout(200)
    await expect(card).to_be_visible()
    await expect(card).to_contain_text("your taste")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("red heart")
    await page.touchscreen.tap(200, 100)
    await expect(card).to_be_hidden()
    await context.close()
