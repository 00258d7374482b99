from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.slow

# Reads `text` in two chunks, cut at every possible byte, and returns the distinct results as JSON.
READ_AT_EVERY_CUT = """async (text) => {
  const { readEvents } = await import("/static/stream.js");
  const bytes = new TextEncoder().encode(text);
  const results = new Set();
  for (let cut = 0; cut <= bytes.length; cut++) {
    const stream = new ReadableStream({ start(controller) {
      for (const part of [bytes.slice(0, cut), bytes.slice(cut)]) if (part.length) controller.enqueue(part);
      controller.close();
    }});
    const events = [];
    for await (const { event, data } of readEvents(stream)) events.push([event, data]);
    results.add(JSON.stringify(events));
  }
  return [...results].map(JSON.parse);
}"""


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("event: slate\ndata: {}\n\n", [["slate", "{}"]]),
        ("event: slate\r\ndata: a\r\n\r\nevent: done\r\ndata: b\r\n\r\n", [["slate", "a"], ["done", "b"]]),
        ("data: a\r\rdata: b\r\r", [["message", "a"], ["message", "b"]]),
        (": ping\r\n\r\ndata: one\r\ndata: two\r\n\r\n", [["message", "one\ntwo"]]),
        ("data:tight\n: note\ndata:  loose\n\n", [["message", "tight\n loose"]]),
        ("data\n\nevent: unused\n\ndata: é🎂\n\n", [["message", ""], ["message", "é🎂"]]),
        ("\ufeffdata: a\n\nid: 7\nretry: 10\n\ndata: cut off\n", [["message", "a"]]),
    ],
)
async def test_events_are_read_whole_wherever_the_chunks_are_cut(
    page: Page, text: str, events: list[Any]
) -> None:
    assert await page.evaluate(READ_AT_EVERY_CUT, text) == [events]
