from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deployments.popular import Popular
from store.database import connect, migrate
from store.feedback import FeedbackLog
from store.impressions import ImpressionLog
from tests.store.test_people import deed, impression


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    url = f"sqlite+aiosqlite:///{tmp_path}/store.db"
    await migrate(url)
    opened = await connect(url)
    yield opened
    await opened.dispose()


async def test_what_one_tenant_chooses_says_nothing_to_another(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.popular.WINDOW_S", 1e10)
    log, feed = ImpressionLog(engine, "test"), FeedbackLog(engine, "test")
    for number in range(3):
        for tenant, chosen in (("acme", "cake"), ("other", "pie")):
            suggestion = f"{tenant}-{number}"
            await log.add([impression(suggestion, ("cake", "pie"), user_id=f"{tenant}/u-{number}")])
            await feed.record([deed(suggestion, chosen, tenant=tenant)])
    popular = Popular(engine)
    popular.following.cancel()
    await popular.refresh()
    await popular.refresh_lifts()
    acme, other, nobody = (popular.among(user) for user in ("acme/new", "other/new", "new"))
    assert acme.popularity_of("cake") == other.popularity_of("pie") > 0.0
    assert acme.popularity_of("pie") == other.popularity_of("cake") == 0.0
    assert acme.lift_of("cake") > 0.0 > acme.lift_of("pie")
    assert other.lift_of("pie") > 0.0 > other.lift_of("cake")
    assert nobody.popularity_of("cake") == nobody.lift_of("cake") == 0.0
