"""Errors as RFC 9457 problem+json, for every way a call can fail."""

import logging
import socket
from collections.abc import Mapping
from errno import ENOENT

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from ray.exceptions import RayTaskError
from ray.serve.exceptions import BackPressureError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from deployments.messages import FieldError, Problem

logger = logging.getLogger("ray.serve.gramoji.api")
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gramoji"'}
RETRY = {"Retry-After": "1"}
OUTAGES = (ConnectionError, TimeoutError, socket.gaierror, PoolTimeout)
AWAY = ("08", "53", "57")  # classes of PostgreSQL's errors: connection, resources, operator intervention


class HttpProblem(Exception):
    """A call that ends in an error which the client is told about."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        errors: tuple[FieldError, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(title=title, status=status, detail=detail, errors=errors)
        self.headers = headers


def invalid(field: str, message: str, title: str = "Invalid request") -> HttpProblem:
    """The answer to a field that is well formed, and still cannot be."""
    return HttpProblem(
        422, title, f"{field}: {message}", errors=(FieldError(field=field, message=message),)
    )


def no_key() -> HttpProblem:
    """The answer to a call without a valid key, where one is wanted."""
    detail = "Authorization: a valid key is wanted, as `Bearer gmj_…`"
    return HttpProblem(401, "No valid key", detail, CHALLENGE)


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of `app` with problem+json."""
    app.add_exception_handler(HttpProblem, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(BackPressureError, _busy)
    for error in (*OUTAGES, DBAPIError):
        app.add_exception_handler(error, _failed)
    app.add_exception_handler(Exception, _failed)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem on the wire; `errors` only where a body is wrong."""
    body = problem.model_dump_json(exclude_defaults=False, exclude=None if problem.errors else {"errors"})
    return Response(body, problem.status, headers, media_type="application/problem+json")


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HttpProblem)
    return problem_response(error.problem, error.headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    malformed = any(each["type"] == "json_invalid" for each in error.errors())
    errors = tuple(
        FieldError(field=".".join(str(part) for part in each["loc"][1:]) or "body", message=each["msg"])
        for each in error.errors()
    )
    detail = "; ".join(f"{each.field}: {each.message}" for each in errors)
    status, title = (400, "Malformed JSON") if malformed else (422, "Invalid request")
    return problem_response(Problem(title=title, status=status, detail=detail, errors=errors))


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = Problem(title=str(error.detail), status=error.status_code, detail=str(error.detail))
    return problem_response(problem, error.headers)


async def _busy(_request: Request, _error: Exception) -> Response:
    return problem_response(
        Problem(title="Busy", status=503, detail="the queue is full; try again shortly"), RETRY
    )


def _is_away(error: Exception) -> bool:
    """Whether a database can't be reached, is shutting down or full, or (SQLite) is busy."""
    error = error.cause if isinstance(error, RayTaskError) else error
    if isinstance(error, OUTAGES) or _is_missing_socket(error):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or ""  # asyncpg's own errors have it too
    hung_up = isinstance(error, DBAPIError) and error.connection_invalidated
    return hung_up or state.startswith(AWAY) or "database is locked" in str(cause)


def _is_missing_socket(error: Exception) -> bool:
    """Whether a database on this machine took its socket with it: of a file that is missing the error has the name."""
    return isinstance(error, FileNotFoundError) and error.errno == ENOENT and error.filename is None


async def _failed(_request: Request, error: Exception) -> Response:
    if _is_away(error):
        logger.warning("the store does not answer: %s", error)
        return problem_response(
            Problem(title="Store away", status=503, detail="the store does not answer; try again shortly"),
            RETRY,
        )
    logger.error("unexpected %s", type(error).__name__, exc_info=error)
    return problem_response(
        Problem(title="Internal error", status=500, detail="something broke; it was logged")
    )
