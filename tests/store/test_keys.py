import hashlib
import json
import zipfile

import pytest
from sqlalchemy import select

from store.archive import write_archive
from store.erasure import erase
from store.feedback import FeedbackLog
from store.impressions import ImpressionLog
from store.keys import KeyStore
from store.lookalikes import find_lookalikes
from store.media import MediaStore
from store.people import PeopleStore
from store.popularity import count_choosers
from store.tables import keys
from tests.store.test_media_store import item
from tests.store.test_people import deed, impression


async def test_a_key_is_kept_without_its_token(store: MediaStore) -> None:
    keys_of = KeyStore(store.engine)
    key, token = await keys_of.add("acme", "the app", per_minute=60)
    assert key.token_sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert await keys_of.all() == [key]
    async with store.engine.connect() as connection:
        row = (await connection.execute(select(keys))).one()
    assert token not in map(str, row)


async def test_two_keys_have_nothing_in_common(store: MediaStore) -> None:
    made = [await KeyStore(store.engine).add("acme") for _ in range(3)]
    assert len({token for _, token in made}) == len({key.key_id for key, _ in made}) == 3


async def test_a_revoked_key_stays_known_so_that_the_service_stays_closed(store: MediaStore) -> None:
    keys_of = KeyStore(store.engine)
    assert not await keys_of.are_wanted()
    key, _ = await keys_of.add("acme")
    await keys_of.revoke(key.key_id)
    assert await keys_of.are_wanted()
    assert [each.revoked_at is not None for each in await keys_of.all()] == [True]
    with pytest.raises(ValueError, match="revoked already"):
        await keys_of.revoke(key.key_id)


@pytest.mark.parametrize("limits", [{"per_minute": 0}, {"per_day": -1}])
async def test_a_limit_below_one_is_refused(store: MediaStore, limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="allowed is 1 and above"):
        await KeyStore(store.engine).add("acme", **limits)
    assert await KeyStore(store.engine).all() == []


async def test_a_suggestion_to_another_tenant_is_not_known(store: MediaStore) -> None:
    await ImpressionLog(store.engine, "test").add([impression("s-1", user_id="acme/u-1")])
    log = FeedbackLog(store.engine, "test")
    events = [deed("s-1", tenant=tenant) for tenant in ("other", None, "acme")]
    assert await log.record(events) == ["unknown suggestion", "unknown suggestion", "recorded"]


async def test_popular_is_what_people_of_the_same_tenant_chose(store: MediaStore) -> None:
    log, feed = ImpressionLog(store.engine, "test"), FeedbackLog(store.engine, "test")
    for number in range(3):
        for tenant in ("acme", "other") if number else ("acme",):
            suggestion = f"{tenant}-{number}"
            await log.add([impression(suggestion, user_id=f"{tenant}/u-{number}")])
            await feed.record([deed(suggestion, tenant=tenant)])
    assert await count_choosers(store.engine, 0.0, 3) == {"acme": {"cake": 3}}
    assert await count_choosers(store.engine, 0.0, 2) == {"acme": {"cake": 3}, "other": {"cake": 2}}


async def test_lookalikes_of_other_tenants_are_not_told_of(store: MediaStore) -> None:
    for owner in ("acme/u-1", "acme/u-2", "other/u-1", "u-1"):
        await store.add([item(owner, owner_id=owner, shared=True, picture_hash="00000000000000ff")])
    assert await find_lookalikes(store, "00000000000000ff", "acme/u-1") == ["acme/u-1", "acme/u-2"]
    assert await find_lookalikes(store, "00000000000000ff", "u-9") == ["u-1"]


async def test_an_archive_names_a_person_as_the_client_does_and_erasure_leaves_their_namesake(
    store: MediaStore,
) -> None:
    people = PeopleStore(store.engine, "test")
    for owner in ("acme/u-1", "other/u-1"):
        suggestion = f"s-{owner}"
        await ImpressionLog(store.engine, "test").add([impression(suggestion, user_id=owner)])
        event = deed(suggestion, tenant=owner[:-4], event_id=f"{owner[:-4]}/e-1")
        assert await FeedbackLog(store.engine, "test").record([event]) == ["recorded"]
        await store.add([item(f"i-{owner[0]}", owner_id=owner, origin="upload")])
    with zipfile.ZipFile(await write_archive(store, people, "acme/u-1")) as archive:
        (deeds,) = archive.read("feedback.jsonl").splitlines()
        kept = json.loads(deeds), json.loads(archive.read("media/i-a.json"))
        everything = b"".join(map(archive.read, archive.namelist()))
    assert (kept[0]["user_id"], kept[0]["event_id"], kept[1]["owner_id"]) == ("u-1", "e-1", "u-1")
    assert b"acme/u-1" not in everything.replace(b"s-acme/u-1", b"")
    await erase(store, "acme/u-1", "test")
    assert not await people.is_known("acme/u-1")
    assert await people.is_known("other/u-1")
    assert [each.item_id for each in await store.owned_by("other/u-1")] == ["i-o"]
