"""Which models serve, on the wire."""

from typing import Literal

from pydantic import Field

from deployments.messages import Message


class Model(Message):
    """One version of a generator or of the ranker."""

    name: str = Field(description="A media type, or `ranker`.")
    kind: Literal["generator", "ranker"]
    version: str | None = Field(description="As in answers and the log; null while it is not known.")
    status: Literal[
        "live",
        "loading",
        "refused",
        "unavailable",
        "asleep",
        "canary",
        "control",
        "shadow",
        "taken back",
        "candidate",
    ] = Field(
        description="`loading` and `refused` are of a version that was to replace the live one. A `canary` serves a share"
        " of the people on trial, a `control` is what was live before and serves some to compare; a `shadow` ranks and is"
        " not shown; a `candidate` is registered and serves nobody. What is `asleep` starts with the next call for it."
    )
    share: float | None = Field(None, description="Share of the people, of the slates for a shadow.")
    detail: str | None = Field(None, description="Why it was refused or taken back, or how it does.")


class Models(Message):
    """Every model."""

    models: tuple[Model, ...]
