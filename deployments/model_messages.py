"""Which models serve, on the wire."""

from typing import Literal

from pydantic import Field

from deployments.messages import Message


class Model(Message):
    """One version of a generator or of the ranker."""

    name: str = Field(description="A media type, or `ranker`.")
    kind: Literal["generator", "ranker"]
    version: str | None = Field(description="As in answers and the log; null while it is not known.")
    status: Literal["live", "loading", "refused", "unavailable"] = Field(
        description="`loading` and `refused` are of a version that was to replace the live one."
    )
    detail: str | None = Field(None, description="Why it was refused.")


class Models(Message):
    """Every model."""

    models: tuple[Model, ...]
