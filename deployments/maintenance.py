"""Jobs on the store that run beside the service, each returning a line that says what it did."""

from deployments.settings import StoreSettings
from store.database import connect
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.retention import retire


async def export_log(settings: StoreSettings, to: str | None = None) -> str:
    """Export what is new of the log, to the store's own folder or another."""
    engine = await connect(settings.database_url)
    try:
        done = await LogDataset(to or settings.log_url).export(engine)
    finally:
        await engine.dispose()
    return f"{done.hours} hours with {done.rows} slates written, {done.purged} of erased people removed"


async def apply_retention(settings: StoreSettings) -> str:
    """Remove what is older than the limits."""
    store = await MediaStore.open(settings.database_url, settings.blob_url)
    try:
        done = await retire(store, LogDataset(settings.log_url), settings.retention, "retire")
    finally:
        await store.close()
    return (
        f"removed {done.impressions} slates, {done.feedback} events, {done.media_items} generated items, "
        f"{done.log_files} hours of the log, {done.orphans} orphaned files"
    )
