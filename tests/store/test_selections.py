from store.feedback import FeedbackLog
from store.impressions import ImpressionLog
from store.media import MediaStore
from store.selections import count_all_selections, count_selections
from tests.store.test_media_store import item
from tests.store.test_people import deed, impression


async def test_selections_are_counted_by_policy_and_person_each_item_of_a_suggestion_once(
    store: MediaStore,
) -> None:
    shown = [
        impression("s-1", ("cake", "cat")),
        impression("s-1", ("cake", "cat"), slate=1),
        impression("s-2"),
        impression("s-3", user_id="u-2"),
        impression("s-4", user_id="u-2", policy_version="ranker-2"),
        impression("s-5", user_id="u-2", policy_version="ranker-3"),
        impression("s-6", at_s=10.0),
    ]
    await ImpressionLog(store.engine, "test").add(shown)
    done = [
        deed("s-1"),
        deed("s-1", action="share"),
        deed("s-1", "cat"),
        deed("s-2", action="dismiss"),
        deed("s-4"),
        deed("s-5"),
        deed("s-6", at_s=11.0),
    ]
    assert set(await FeedbackLog(store.engine, "test").record(done)) == {"recorded"}
    counted = await count_selections(store.engine, ["ranker-1", "ranker-2", "ranker-9"], 500.0, 2000.0)
    assert counted == {
        "ranker-1": {"u-1": (2, 2), "u-2": (1, 0)},
        "ranker-2": {"u-2": (1, 1)},
        "ranker-9": {},
    }
    everything = await count_all_selections(store.engine, 500.0, 2000.0)
    assert everything == {"u-1": (2, 2), "u-2": (3, 2)}


async def test_of_what_was_painted_since_a_time_other_selections_do_not_count(store: MediaStore) -> None:
    made = {"origin": "generated", "owner_id": "u-1", "created_at": 900.0}
    items = [
        item("painted", **made),
        item("clip", **made | {"media_type": "video"}),
        item("sound", **made | {"media_type": "audio"}),
        item("older", **made | {"created_at": 899.0}),
        item("cake"),
    ]
    await store.add(items)
    names = tuple(each.item_id for each in items)
    await ImpressionLog(store.engine, "test").add([impression("s-1", names), impression("s-2", names)])
    await FeedbackLog(store.engine, "test").record([deed("s-1", name) for name in names])
    painted = await count_all_selections(store.engine, 500.0, 2000.0, painted_since_s=900.0)
    assert painted == {"u-1": (2, 2)}
    assert await count_all_selections(store.engine, 500.0, 2000.0) == {"u-1": (2, 5)}
