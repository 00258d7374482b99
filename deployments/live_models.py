"""`GET /v1/models`: which version of every model is live."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from catalog.items import MediaType
from deployments.live import LiveState
from deployments.model_messages import Model, Models

WITHIN_S = 3.0


class ModelRoutes:
    """Asks every deployment that has a model; each answers for one of its replicas."""

    def __init__(self, generators: Mapping[MediaType, Any], suggest: Any) -> None:
        self.handles: dict[str, Any] = {str(k): v for k, v in generators.items()} | {"ranker": suggest}

    async def read(self) -> Models:
        """The live versions of every generator and of the ranker, and what became of a swap."""
        states = await asyncio.gather(*(self._state(handle) for handle in self.handles.values()))
        found = zip(self.handles, states, strict=True)
        return Models(models=tuple(model for name, state in found for model in to_models(name, state)))

    async def _state(self, handle: Any) -> LiveState | None:
        try:
            state: LiveState = await asyncio.wait_for(handle.state.remote(), WITHIN_S)
        except Exception:
            return None
        return state


def add_model_routes(app: FastAPI, generators: Mapping[MediaType, Any], suggest: Any) -> None:
    """Add `/v1/models` to the application."""
    app.get("/v1/models", response_model=Models)(ModelRoutes(generators, suggest).read)


def to_models(name: str, state: LiveState | None) -> list[Model]:
    """The live version on the wire, and the one that was to replace it."""

    def model(version: str | None, status: Any, detail: str | None = None) -> Model:
        kind: Any = "ranker" if name == "ranker" else "generator"
        return Model(name=name, kind=kind, version=version, status=status, detail=detail)

    if state is None:
        return [model(None, "unavailable")]
    models = [model(state.version, "live")]
    if state.loading:
        models.append(model(None, "loading"))
    elif state.refused:
        models.append(model(None, "refused", state.refused))
    return models
