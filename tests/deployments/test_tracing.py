import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from ray._common.utils import get_default_ray_temp_dir

from deployments.settings import traces_are_wanted
from tests.keyed import KeyedServer
from tests.traces import shown

pytestmark = pytest.mark.slow

TYPED, PERSON = "xylophone serenade", "u-nobody-else"
BODY = {"n_gram_string": TYPED, "user_id": PERSON, "media_types": ["sticker"], "deadline_ms": 20_000}
# Below the span of each deployment: what it does.
STAGES = {
    "POST /v1/suggest": set[str](),
    "replica_handle_request Suggest suggest": {"recall", "query index", "generate", "rank", "log impression"},
    "replica_handle_request Index search": {"encode text", "search"},
    "replica_handle_request Sticker generate": {
        "queue", "sample", "rate", "encode media", "store bytes", "store rows",
    },
}  # fmt: skip
NAMES = STAGES.keys() | set().union(*STAGES.values())


@dataclass(frozen=True)
class Caller:
    """The client's own span, which the server's are to be under."""

    trace_id: str = field(default_factory=lambda: secrets.token_hex(16))
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))

    def headers(self, sampled: bool = True) -> dict[str, str]:
        return {"traceparent": f"00-{self.trace_id}-{self.span_id}-{'01' if sampled else '00'}"}


@pytest.fixture(scope="module")
def client(keyed: KeyedServer) -> Iterator[httpx.Client]:
    with keyed.client(keyed.add_key("tracing")) as client:
        yield client


@pytest.fixture(scope="module")
def caller(client: httpx.Client) -> Caller:
    """Of a suggestion that was answered with something new."""
    caller = Caller()
    answer = client.post("/v1/suggest", json=BODY | {"generate": "always"}, headers=caller.headers())
    assert [item for item in answer.json()["items"] if item["source"] == "generated"], answer.text
    return caller


@pytest.fixture(scope="module")
def spans(keyed: KeyedServer, caller: Caller) -> list[Span]:
    """Everything that came of it."""
    return keyed.traces.wait_for(caller.trace_id, NAMES)


def attributes(span: Span) -> dict[str, str]:
    """Each as text, whatever its type."""
    values = {each.key: each.value for each in span.attributes}
    return {key: str(getattr(value, value.WhichOneof("value"))) for key, value in values.items()}


def one(spans: list[Span], name: str) -> Span:
    """The first of a name."""
    return next(span for span in spans if span.name == name)


def test_a_suggestion_is_one_tree_under_the_span_of_its_client(spans: list[Span], caller: Caller) -> None:
    known = {span.span_id for span in spans}
    begins = [span for span in spans if span.parent_span_id not in known]
    assert [(span.name, span.parent_span_id.hex()) for span in begins] == [
        ("POST /v1/suggest", caller.span_id)
    ]
    assert len(list(shown(spans, bytes.fromhex(caller.span_id)))) == len(spans)


def test_each_deployment_says_what_it_did_with_its_time(spans: list[Span]) -> None:
    for deployment, stages in STAGES.items():
        inside = {span.name for span in spans if span.parent_span_id == one(spans, deployment).span_id}
        assert stages <= inside, deployment


def test_stages_end_after_they_begin_and_none_begins_before_the_call(spans: list[Span]) -> None:
    first = one(spans, "POST /v1/suggest")
    for span in spans:
        assert first.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano, span.name


def test_spans_say_how_much_and_which_version(spans: list[Span], client: httpx.Client) -> None:
    models = {each["name"]: each["version"] for each in client.get("/v1/models").json()["models"]}
    made = attributes(one(spans, "replica_handle_request Sticker generate"))
    assert made["gramoji.model_version"] == models["sticker"]
    assert made["gramoji.media_type"] == "sticker"
    assert attributes(one(spans, "query index"))["gramoji.n_gram_length"] == str(len(TYPED))
    assert int(attributes(one(spans, "encode text"))["gramoji.batch_size"]) >= 1
    assert attributes(one(spans, "rank"))["gramoji.policy_version"] == models["ranker"]
    edge = attributes(one(spans, "POST /v1/suggest"))
    assert (edge["http.method"], edge["http.route"], edge["http.status_code"]) == (
        "POST",
        "/v1/suggest",
        "200",
    )


def test_the_trace_of_an_answer_is_found_by_its_request_id(
    keyed: KeyedServer, client: httpx.Client
) -> None:
    caller = Caller()
    answer = client.get("/v1/models", headers=caller.headers())
    (found,) = [
        span
        for span in keyed.traces.wait_for(caller.trace_id, {"GET /v1/models"})
        if span.name == "GET /v1/models"
    ]
    assert attributes(found)["request_id"] == answer.headers["x-request-id"]


def test_what_is_typed_and_who_types_it_are_in_no_span(
    keyed: KeyedServer, client: httpx.Client, spans: list[Span]
) -> None:
    caller = Caller()
    headers = caller.headers()
    client.get(f"/v1/users/{PERSON}", headers=headers)
    wrong = [BODY | {"limit": 0}, BODY | {"n_gram_string": TYPED * 99}]
    assert {client.post("/v1/suggest", json=body, headers=headers).status_code for body in wrong} == {422}
    unusable = BODY | {"n_gram_string": f"fuck {TYPED}", "media_type": "sticker"}
    del unusable["media_types"], unusable["deadline_ms"]
    refused = client.post("/v1/generate", json=unusable, headers=headers)
    keyed.traces.wait_for(caller.trace_id, {"GET /v1/users/{user_id}", "POST /v1/generate"})
    assert refused.status_code == 422
    sent = b"".join(request.SerializeToString() for request in keyed.traces.requests)
    assert sent.count(b"POST /v1/suggest") > 2
    for secret in (TYPED, PERSON, *TYPED.split()):
        assert secret.encode() not in sent


def test_a_client_that_is_not_traced_leaves_no_span(keyed: KeyedServer, client: httpx.Client) -> None:
    before, caller, after = len(begun(keyed)), Caller(), Caller()
    client.post("/v1/suggest", json=BODY | {"generate": "never"}, headers=caller.headers(sampled=False))
    client.get("/v1/models", headers=after.headers())
    keyed.traces.wait_for(after.trace_id, {"GET /v1/models"})
    assert keyed.traces.spans(caller.trace_id) == []
    assert len(begun(keyed)) == before, "pieces of it were traced by themselves"


def test_without_a_client_that_is_traced_the_edge_begins_a_trace_and_nothing_else_does(
    keyed: KeyedServer, client: httpx.Client
) -> None:
    client.post("/v1/suggest", json=BODY | {"generate": "never"})
    after = Caller()
    client.get("/v1/models", headers=after.headers())
    keyed.traces.wait_for(after.trace_id, {"GET /v1/models"})
    names = {span.name for span in begun(keyed)}
    assert "POST /v1/suggest" in names
    assert {name.split()[0] for name in names} <= {"GET", "POST", "PUT", "DELETE"}


def begun(keyed: KeyedServer) -> list[Span]:
    """Spans that began a trace."""
    everything = [
        span
        for request in list(keyed.traces.requests)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    return [span for span in everything if not span.parent_span_id]


def test_log_lines_of_a_call_name_its_trace_and_no_text(client: httpx.Client) -> None:
    caller, request_id = Caller(), str(uuid4())
    headers = caller.headers() | {"X-Request-Id": request_id}
    client.post("/v1/suggest", json=BODY | {"generate": "never"}, headers=headers)
    deadline = time.monotonic() + 10
    while len(lines := logged(request_id)) < len(("Api", "Suggest", "Index")):
        assert time.monotonic() < deadline, lines
        time.sleep(0.5)
    assert {line["trace_id"] for line in lines} == {caller.trace_id}
    assert TYPED not in json.dumps(lines)
    assert PERSON not in json.dumps(lines)


def logged(request_id: str) -> list[dict[str, str]]:
    """What the replicas of any Ray of this machine wrote about a request."""
    files = Path(get_default_ray_temp_dir()).glob("session_2*/logs/serve/replica_gramoji_*.log")
    lines = [line for file in files for line in file.read_text().splitlines() if request_id in line]
    return [json.loads(line) for line in lines]


def test_nothing_is_called_an_error_that_is_none(spans: list[Span]) -> None:
    assert [span.name for span in spans if span.status.code == Status.STATUS_CODE_ERROR] == []


def test_traces_are_wanted_only_where_an_endpoint_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    assert not traces_are_wanted()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert traces_are_wanted()
