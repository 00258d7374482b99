import io
import json
import zipfile
from dataclasses import replace

import httpx
import numpy as np
import pytest

from models.text import TextEncoder
from rl.simulation.people import draw_people
from rl.simulation.visitor import Visitor

pytestmark = pytest.mark.slow


async def test_what_simulated_people_select_is_in_the_servers_memory_of_them(
    server: str, encoder: TextEncoder
) -> None:
    people = draw_people(2, encoder.encode(["cats", "pizza", "space"]), np.random.default_rng(0))
    eager = replace(people, baseline_P=people.baseline_P + 6.0)
    async with httpx.AsyncClient(base_url=server, timeout=60) as client:
        visitor = Visitor(client, eager, 1, encoder, np.random.default_rng(0))
        selected = [item_id for text in ("happy birthday", "pizza") for item_id in await visitor.type(text)]
        export = (await client.get(f"/v1/users/{visitor.user_id}/export")).raise_for_status().content
    with zipfile.ZipFile(io.BytesIO(export)) as archive:
        feedback = [json.loads(line) for line in archive.read("feedback.jsonl").splitlines()]
    assert selected
    assert sorted(event["item_id"] for event in feedback) == sorted(selected)
    assert len(visitor.seen.showings) >= 8
