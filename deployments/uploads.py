"""The upload endpoint: a file and what its sender says of it."""

from typing import Annotated, Any

from fastapi import FastAPI, File, Form, Response, UploadFile
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.media_links import MediaLinks
from deployments.messages import LongText, Problem, ShortName, UploadedItem, UserId
from deployments.presenting import urls
from deployments.problems import HttpProblem, invalid, problem_response
from deployments.upload_messages import Accepted, Refused, Upload

FORM_BYTES = 64 << 10  # what a form may hold beside its file
MAX_TAGS = 32
_TAG: TypeAdapter[str] = TypeAdapter(ShortName)
PROBLEMS = {
    "unusable": (422, "Unusable file"),
    "unsafe": (422, "Unsafe file"),
    "full": (507, "Store is full"),
}


class UploadRoute:
    """Hands a file to the intake and says what became of it."""

    def __init__(self, intake: Any, links: MediaLinks) -> None:
        self.intake = intake
        self.links = links

    async def upload(
        self,
        response: Response,
        file: Annotated[
            UploadFile, File(description="A picture, clip or sound; its first bytes say which.")
        ],
        user_id: Annotated[UserId, Form(description="Whose it is.")],
        tags: Annotated[list[str], Form(description="Repeated, or in one field with commas.")] = [],  # noqa: B006
        alt_text: Annotated[LongText, Form(description="What is to be seen or heard.")] = "",
        allow_training: Annotated[bool, Form(description="Whether it may train models.")] = False,
        shared: Annotated[bool, Form(description="Whether others may find it, too.")] = False,
    ) -> UploadedItem:
        """Keep a file; the index finds it at once. The same file of the same person again is the same item (200)."""
        upload = Upload(
            data=await file.read(),
            user_id=user_id,
            tags=clean_tags(tags),
            alt_text=alt_text.strip(),
            allow_training=allow_training,
            shared=shared,
        )
        taken: Accepted | Refused = await self.intake.take.remote(upload)
        if isinstance(taken, Refused):
            status, title = PROBLEMS[taken.reason]
            raise HttpProblem(status, title, f"file: {taken.detail}")
        response.status_code = 201 if taken.fresh else 200
        return self.links.in_item(to_uploaded_item(taken))


class BodyLimit:
    """Plain ASGI: refuses bodies before they are read whole."""

    def __init__(self, app: ASGIApp, path: str, max_bytes: int) -> None:
        self.app = app
        self.path = path
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 to a body that says, or shows, that it is too large."""
        if scope["type"] != "http" or scope["path"] != self.path:
            return await self.app(scope, receive, send)
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if int(told if told.isdigit() else 0) > self.max_bytes:
            problem = Problem(title="Too large", status=413, detail=self._detail)
            return await problem_response(problem)(scope, receive, send)
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_bytes:
                raise HTTPException(413, self._detail)
            return message

        return await self.app(scope, counted, send)

    @property
    def _detail(self) -> str:
        return f"body: at most {self.max_bytes} bytes are taken"


def add_upload_route(app: FastAPI, intake: Any, links: MediaLinks, max_bytes: int) -> None:
    """Add `POST /v1/media` to the application."""
    app.add_middleware(BodyLimit, path="/v1/media", max_bytes=max_bytes + FORM_BYTES)
    responses: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (413, 422, 503, 507)
    }
    app.post("/v1/media", response_model=UploadedItem, status_code=201, responses=responses)(
        UploadRoute(intake, links).upload
    )


def to_uploaded_item(taken: Accepted) -> UploadedItem:
    """An upload's item on the wire."""
    item = taken.item
    return UploadedItem(
        item_id=item.item_id,
        media_type=item.media_type,
        **urls(item),
        mime_type=item.mime_type,
        width=item.width,
        height=item.height,
        duration_ms=item.duration_ms,
        alt_text=item.alt_text,
        tags=tuple(term.text for term in item.terms),
        rating=item.rating,
        shared=item.shared,
        allow_training=item.allow_training,
        suggested_tags=taken.suggested_tags,
        lookalikes=taken.lookalikes,
    )


def clean_tags(fields: list[str]) -> tuple[str, ...]:
    """The tags of all fields, in their order, each once; HttpProblem if there are too many or one is too long."""
    tags = dict.fromkeys(tag.strip() for field in fields for tag in field.split(",") if tag.strip())
    if len(tags) > MAX_TAGS:
        raise invalid("tags", f"{len(tags)} of them; at most {MAX_TAGS}")
    try:
        return tuple(_TAG.validate_python(tag) for tag in tags)
    except ValidationError as error:
        raise invalid("tags", error.errors()[0]["msg"]) from None
