"""The endpoints of a person: their profile, all that is held on them, and forgetting them."""

import asyncio
import os
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import FastAPI, Path, Response
from fastapi.responses import StreamingResponse

from deployments.messages import Demographics, Location, Receipt, UserId, UserProfile
from deployments.problems import HttpProblem
from deployments.receipts import Signer
from store.archive import write_archive
from store.erasure import erase
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.people import PeopleStore
from store.person import Profile
from store.registry import Registry
from store.tenants import unscoped
from store.tombstones import hash_of

PART_BYTES = 1 << 16
PathUserId = Annotated[UserId, Path(description="The client's opaque id of a person.")]


class UserRoutes:
    """Shows, changes and erases what is held on a person."""

    def __init__(
        self, store: MediaStore, people: PeopleStore, log: LogDataset, registry: Registry, signer: Signer
    ) -> None:
        self.store = store
        self.registry = registry
        self.people = people
        self.log = log
        self.signer = signer

    async def read(self, user_id: PathUserId) -> UserProfile:
        """The profile of a person; the defaults for one who is known only by what they did."""
        profile = await self.people.profile(user_id)
        if profile is None and not await self.people.is_known(user_id):
            raise _unknown(user_id)
        return _to_message(profile or Profile())

    async def put(self, user_id: PathUserId, body: UserProfile) -> UserProfile:
        """Set the profile, replacing the one that is there; every replica follows within two seconds."""
        await self.people.put_profile(user_id, _to_profile(body))
        return body

    async def erase(self, user_id: PathUserId) -> Receipt:
        """Erase all that is held on a person; asking again is no error."""
        erasure = await erase(self.store, user_id, self.people.writer)
        await self.log.purge(self.store.engine)
        claims = {
            "user_sha256": hash_of(unscoped(user_id)),
            "erased_at": datetime.fromtimestamp(erasure.erased_at_s, UTC).isoformat(),
            "profiles": erasure.profiles,
            "impressions": erasure.impressions,
            "feedback": erasure.feedback,
            "media_items": erasure.media_items,
            "model_versions": await asyncio.to_thread(self.registry.learned_from, user_id),
        }
        return Receipt.model_validate(claims | {"signature": self.signer.sign(claims)})

    async def export(self, user_id: PathUserId) -> StreamingResponse:
        """All that is held on a person as one ZIP: profile, impressions and feedback as JSON, their media."""
        if not await self.people.is_known(user_id):
            raise _unknown(user_id)
        file = await write_archive(self.store, self.people, user_id)
        headers = {
            "Content-Disposition": f'attachment; filename="gramoji-{unscoped(user_id)}.zip"',
            "Content-Length": str(os.fstat(file.fileno()).st_size),
        }
        parts = iter(partial(file.read, PART_BYTES), b"")
        return StreamingResponse(parts, headers=headers, media_type="application/zip")

    async def receipt_key(self) -> Response:
        """The public key that receipts are signed with, as PEM."""
        return Response(self.signer.public_pem, media_type="application/x-pem-file")


def add_user_routes(
    app: FastAPI,
    store: MediaStore,
    people: PeopleStore,
    log: LogDataset,
    registry: Registry,
    signer: Signer,
) -> None:
    """Add `/v1/users` to the application."""
    routes = UserRoutes(store, people, log, registry, signer)
    app.get("/v1/users/{user_id}", response_model=UserProfile)(routes.read)
    app.put("/v1/users/{user_id}", response_model=UserProfile)(routes.put)
    app.delete("/v1/users/{user_id}", response_model=Receipt)(routes.erase)
    app.get("/v1/users/{user_id}/export", response_class=StreamingResponse)(routes.export)
    app.get("/v1/receipt-key", response_class=Response)(routes.receipt_key)


def _to_profile(body: UserProfile) -> Profile:
    return Profile(
        demographics=body.demographics.model_dump(exclude_none=True),
        interests=body.interests,
        locale=body.locale,
        location=body.location.model_dump(exclude_none=True),
        personalize=body.personalize,
        allow_training=body.allow_training,
    )


def _to_message(profile: Profile) -> UserProfile:
    return UserProfile(
        demographics=Demographics(**profile.demographics),
        interests=profile.interests,
        locale=profile.locale,
        location=Location(**profile.location),
        personalize=profile.personalize,
        allow_training=profile.allow_training,
    )


def _unknown(user_id: str) -> HttpProblem:
    return HttpProblem(404, "Unknown user", f"user_id {unscoped(user_id)!r}: nothing is held on them")
