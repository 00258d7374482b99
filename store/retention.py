"""Forgetting what is old: limits that a job applies, as often as one likes."""

import time
from dataclasses import dataclass

from sqlalchemy import Select, delete, func, select

from store.log_dataset import HOUR_S, LogDataset
from store.media import MediaStore, hashes_of, log_media_changes
from store.people import log_person_changes
from store.tables import feedback, impressions, media_items

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """How many days are kept; None keeps for ever."""

    history_days: float | None = None  # impressions, with the feedback on them
    generated_days: float | None = None  # generated media that nobody selected or shared
    log_days: float | None = None  # the exported log

    def __post_init__(self) -> None:
        for name in ("history_days", "generated_days", "log_days"):
            days = getattr(self, name)
            if days is not None and days < 0:
                raise ValueError(f"{name} is {days}; allowed is 0 and above")


@dataclass(frozen=True, slots=True)
class Retired:
    """What was removed."""

    impressions: int = 0
    feedback: int = 0
    media_items: int = 0
    log_files: int = 0
    orphans: int = 0


async def retire(
    store: MediaStore, log: LogDataset, limits: RetentionLimits, writer: str, now_s: float | None = None
) -> Retired:
    """Remove what is older than the limits, and bytes that no item refers to."""
    now_s = time.time() if now_s is None else now_s
    slates = deeds = items = files = 0
    if limits.history_days is not None:
        slates, deeds = await _retire_history(store, now_s - limits.history_days * DAY_S, writer)
    if limits.generated_days is not None:
        items = await _retire_generated(store, now_s - limits.generated_days * DAY_S)
    if limits.log_days is not None:
        files = log.remove_before(now_s - limits.log_days * DAY_S)
    return Retired(slates, deeds, items, files, await store.sweep())


async def _retire_history(store: MediaStore, before_s: float, writer: str) -> tuple[int, int]:
    """Whole hours, for an hour of the log is exported again from what is there."""
    old = (
        select(impressions.c.suggestion_id)
        .group_by(impressions.c.suggestion_id)
        .having(func.max(impressions.c.at) < before_s // HOUR_S * HOUR_S)
    )
    async with store.engine.begin() as connection:
        whose = select(impressions.c.user_id).where(impressions.c.suggestion_id.in_(old)).distinct()
        people = list((await connection.execute(whose)).scalars())
        deeds = (
            await connection.execute(delete(feedback).where(feedback.c.suggestion_id.in_(old)))
        ).rowcount
        slates = (
            await connection.execute(delete(impressions).where(impressions.c.suggestion_id.in_(old)))
        ).rowcount
        if people:
            await log_person_changes(connection, people, writer)
    return slates, deeds


async def _retire_generated(store: MediaStore, before_s: float) -> int:
    columns = media_items.c
    wanted: Select[tuple[str]] = select(feedback.c.item_id).where(
        feedback.c.action.in_(("select", "share"))
    )
    old = (columns.origin == "generated") & (columns.created_at < before_s) & columns.item_id.not_in(wanted)
    async with store.engine.begin() as connection:
        query = select(columns.item_id, columns.sha256, columns.preview_sha256).where(old)
        gone = (await connection.execute(query)).all()
        if gone:
            await connection.execute(delete(media_items).where(old))
            await log_media_changes(connection, [row.item_id for row in gone], "removed")
    await store.remove_unused_bytes(hashes_of(gone))
    return len(gone)
