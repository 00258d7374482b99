"""The only HTTP: the contract's endpoints, their errors and their limits."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.security import HTTPBearer
from fastapi.staticfiles import StaticFiles
from ray import serve
from ray.serve.context import _get_global_client
from swagger_ui_bundle import swagger_ui_path
from ulid import ULID

from catalog.items import MediaType
from deployments.counting import Counting
from deployments.event_stream import slate_events
from deployments.feedback import add_feedback_routes
from deployments.key_guard import KeyGuard
from deployments.known_keys import KnownKeys
from deployments.lab import add_lab_routes
from deployments.listening import refuse_open_address
from deployments.live_models import add_model_routes
from deployments.media import add_media_routes
from deployments.media_links import MediaLinks
from deployments.messages import (
    GenerateAnswer,
    GenerateRequest,
    Problem,
    Slate,
    SuggestRequest,
)
from deployments.middleware import ServerTiming, TraceName
from deployments.problems import HttpProblem, add_problem_handlers, invalid
from deployments.reasons import why
from deployments.receipts import Signer
from deployments.scrape import scrape_node
from deployments.settings import ROOT, ApiSettings, StoreSettings
from deployments.sleepers import Sleepers
from deployments.uploads import add_upload_route
from deployments.users import add_user_routes
from models.generation import UnusablePromptError
from store.feedback import FeedbackLog
from store.keys import KeyStore
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.people import PeopleStore
from store.registries import generator_registry
from store.registry import Registry

READY_WITHIN_S = 3.0
BEARER = HTTPBearer(
    auto_error=False, description="A key, where keys are wanted."
)  # told; KeyGuard checks it
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in ((422, "The body does not fit the contract."), (503, "Too busy; see Retry-After."))
}


class Api:
    """The ingress. It checks, limits and forwards; everything else happens behind it."""

    async def __init__(  # type: ignore[misc]
        self,
        settings: ApiSettings,
        store: StoreSettings,
        suggest: Any,
        generators: Mapping[MediaType, Any],
        others: Mapping[str, Any],
        quota: Any,
        max_upload_bytes: int,
        may_sleep: frozenset[str] = frozenset(),
    ) -> None:
        self.settings = settings
        self.suggest = suggest
        self.generators = generators
        self.deployments: dict[str, Any] = (
            {"suggest": suggest} | {str(k): v for k, v in generators.items()} | dict(others)
        )
        names = {name: self.deployments[name].deployment_name for name in may_sleep}
        self.sleepers = Sleepers(serve.get_replica_context().app_name, names)
        self.store = await MediaStore.open(store.database_url, store.blob_url)
        writer = f"api-{ULID()}"
        self.people = PeopleStore(self.store.engine, writer)
        self.feedback = FeedbackLog(self.store.engine, writer)
        self.log = LogDataset(store.log_url)
        self.registry = Registry(store.registry_url)
        self.tuned = generator_registry(store.registry_url, "sticker")
        self.signer = Signer(Path(store.receipt_key_file), is_shared=store.is_shared)
        self.links = MediaLinks(self.signer.secret_for("media links"))
        self.counting = Counting(quota)
        self.keys = await KnownKeys.follow(KeyStore(self.store.engine), self.counting)
        # Nothing public tells where the proxies listen.
        client = await asyncio.to_thread(_get_global_client)
        refuse_open_address(client.http_config.host, self.keys.are_wanted)
        self.max_upload_bytes = max_upload_bytes
        self.in_flight = 0

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Build the application; Ray Serve calls this once a replica."""
        app = FastAPI(
            title="Gramoji",
            version="1",
            summary="Type, and media appears.",
            docs_url=None,
            redoc_url=None,
            telemetry={
                "tracing": False
            },  # Serve has a span of the call; FastAPI's would hold ids in its path
            dependencies=[Depends(BEARER)],
        )
        add_problem_handlers(app)
        app.post("/v1/suggest", response_model=Slate, responses=PROBLEMS)(self.answer_suggest)
        app.post("/v1/generate", response_model=GenerateAnswer, responses=PROBLEMS)(self.answer_generate)
        add_media_routes(app, self.store, self.links)
        add_upload_route(app, self.deployments["intake"], self.links, self.max_upload_bytes)
        add_feedback_routes(app, self.feedback, self.store)
        learned = {"ranker": self.registry, "sticker": self.tuned}
        add_model_routes(app, self.generators, self.suggest, learned, self.sleepers)
        add_lab_routes(app, self.registry)
        add_user_routes(app, self.store, self.people, self.log, self.registry, self.signer)
        app.get("/healthz", response_class=PlainTextResponse)(self.healthz)
        app.get("/readyz")(self.readyz)
        app.get("/metrics", response_class=PlainTextResponse)(self.metrics)
        app.get("/", response_class=FileResponse, include_in_schema=False)(self.page)
        app.get("/docs", include_in_schema=False)(self.docs)
        app.mount("/static/docs", StaticFiles(directory=swagger_ui_path))
        app.mount("/static", StaticFiles(directory=ROOT / "web"))
        app.add_middleware(KeyGuard, keys=self.keys, counting=self.counting)
        app.add_middleware(ServerTiming)
        app.add_middleware(TraceName)
        return app

    async def answer_suggest(
        self,
        body: SuggestRequest,
        accept: Annotated[str, Header()] = "application/json",
        x_composition_id: Annotated[str | None, Header(max_length=128)] = None,
    ) -> Response:
        """Suggest media for what is being typed; `Accept: text/event-stream` streams slates as they improve."""
        self._refuse_if_full()
        if "text/event-stream" in accept:
            return await self._stream(body, x_composition_id)
        with self._in_flight():
            slate: Slate = await self.suggest.suggest.remote(body, x_composition_id)
        return json_response(self.links.in_answer(slate))

    async def answer_generate(self, body: GenerateRequest) -> Response:
        """Make new media and nothing else."""
        if body.media_type not in self.generators:
            raise HttpProblem(
                501,
                "No generator",
                f"media_type {body.media_type} has no generator here; {', '.join(self.generators)} have",
            )
        self._refuse_if_full()
        with self._in_flight():
            try:
                answer: GenerateAnswer = await self.suggest.generate.remote(body)
            except UnusablePromptError as error:
                raise invalid("n_gram_string", why(error), "Unusable text") from None
        return json_response(self.links.in_answer(answer))

    async def healthz(self) -> str:
        """The process lives."""
        return "ok"

    async def readyz(self) -> Response:
        """Every deployment answers, or sleeps until somebody calls; else 503 with the names of those that don't."""
        asleep = await self.sleepers.asleep()
        awake = [name for name in self.deployments if name not in asleep]
        checks = [self._check(self.deployments[name]) for name in awake]
        answers = zip(awake, await asyncio.gather(*checks), strict=True)
        states = dict.fromkeys(asleep, "asleep") | dict(answers)
        ready = all(state is not None for state in states.values())
        missing = [name for name, state in states.items() if state is None]
        return JSONResponse(
            {"ready": ready, "missing": missing, "deployments": states}, 200 if ready else 503
        )

    async def metrics(self) -> str:
        """Prometheus text of every deployment on this node."""
        return await scrape_node()

    async def page(self) -> FileResponse:
        """The chat page."""
        return FileResponse(ROOT / "web" / "index.html")

    async def docs(self) -> HTMLResponse:
        """The contract to read and try, from files of our own."""
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Gramoji",
            swagger_js_url="/static/docs/swagger-ui-bundle.js",
            swagger_css_url="/static/docs/swagger-ui.css",
            swagger_favicon_url="/static/favicon.svg",
        )

    async def _check(self, handle: Any) -> str | None:
        try:
            return str(await asyncio.wait_for(handle.check.remote(), READY_WITHIN_S))
        except Exception:
            return None

    async def _stream(self, body: SuggestRequest, composition_id: str | None) -> StreamingResponse:
        """The first slate is awaited before the answer begins, so that failures still have a status."""
        slates = self.suggest.options(stream=True).stream.remote(body, composition_id)
        with self._in_flight():
            first: Slate = await anext(slates)
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(
            self._events(first, slates), headers=headers, media_type="text/event-stream"
        )

    async def _events(self, first: Slate, slates: Any) -> AsyncIterator[bytes]:
        with self._in_flight():
            try:
                async for event in slate_events(first, slates, self.links.in_answer):
                    yield event
            finally:
                slates.cancel()

    def _refuse_if_full(self) -> None:
        if self.in_flight >= self.settings.max_in_flight:
            raise HttpProblem(
                503, "Busy", "too many calls at once; try again shortly", {"Retry-After": "1"}
            )

    @contextmanager
    def _in_flight(self) -> Iterator[None]:
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1


def json_response(message: Slate | GenerateAnswer) -> Response:
    """A message as JSON, serialised once."""
    return Response(message.model_dump_json(), media_type="application/json")
