"""The job that writes snapshots of the index; run it as often as what was erased may stay in them."""

from deployments.part import Part
from deployments.settings import AppSettings
from deployments.shard import Shard
from deployments.snapshots import Snapshots, remove_other_counts
from models.text import TextEncoder


async def snapshot_index(settings: AppSettings) -> str:
    """Bring the last snapshot of each part up to date, or read the store, and write a new one; says what it wrote."""
    url, shard = settings.store.snapshot_url, settings.shard
    if url is None:
        raise ValueError("store.snapshot_url: not set, and it says where snapshots lie")
    encoder, written = TextEncoder(), 0
    parts = [Part(number, shard.num_shards) for number in range(shard.num_shards)] if shard else [Part()]
    for part in parts:
        opened = await Shard.open(settings.store, encoder, part)
        snapshot = await opened.snapshot()
        await opened.store.close()
        if snapshot is not None:
            Snapshots(url, part).write(snapshot)
            written += len(snapshot.items)
    remove_other_counts(url, len(parts))
    return f"{written} items in {len(parts)} parts written"
