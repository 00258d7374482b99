"""`GET /v1/models`: which version of every model is live."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from catalog.items import MediaType
from deployments.live import LiveState
from deployments.model_messages import Model, Models
from deployments.sleepers import Sleepers
from store.registry import Registry

WITHIN_S = 3.0
CANDIDATES = 5  # of the newest are named


class ModelRoutes:
    """Asks every deployment that has a model; each answers for one of its replicas."""

    def __init__(
        self,
        generators: Mapping[MediaType, Any],
        suggest: Any,
        registries: Mapping[str, Registry],
        sleepers: Sleepers,
    ) -> None:
        self.handles: dict[str, Any] = {str(k): v for k, v in generators.items()} | {"ranker": suggest}
        self.registries = registries
        self.sleepers = sleepers

    async def read(self) -> Models:
        """The live versions of every generator and of the ranker, and what became of a swap."""
        asleep = await self.sleepers.asleep()
        awake = [name for name in self.handles if name not in asleep]
        states = await asyncio.gather(*(self._state(self.handles[name]) for name in awake))
        found = zip(awake, states, strict=True)
        models = [model for name, state in found for model in to_models(name, state)]
        models += [to_model(name, None, "asleep") for name in sorted(asleep)]
        named = {model.version for model in models}
        candidates = await asyncio.to_thread(self._candidates)
        return Models(models=(*models, *(each for each in candidates if each.version not in named)))

    def _candidates(self) -> list[Model]:
        return [
            to_model(name, version, "candidate")
            for name, registry in self.registries.items()
            for version in newer_versions(registry)[:CANDIDATES]
        ]

    async def _state(self, handle: Any) -> LiveState | None:
        try:
            state: LiveState = await asyncio.wait_for(handle.state.remote(), WITHIN_S)
        except Exception:
            return None
        return state


def add_model_routes(
    app: FastAPI,
    generators: Mapping[MediaType, Any],
    suggest: Any,
    registries: Mapping[str, Registry],
    sleepers: Sleepers,
) -> None:
    """Add `/v1/models` to the application; `registries` hold what was learned, by the name of the model."""
    routes = ModelRoutes(generators, suggest, registries, sleepers)
    app.get("/v1/models", response_model=Models)(routes.read)


def newer_versions(registry: Registry) -> list[str]:
    """Versions that were registered after the live one and serve nobody, the newest first; not what was taken back."""
    versions = [about["version"] for about in registry.versions()]
    serving = registry.serving()
    newer = versions[versions.index(serving.live) + 1 :] if serving.live in versions else versions
    others = {each.version for each in (serving.beside, serving.taken_back) if each is not None}
    return [version for version in newer[::-1] if version not in others]


def to_model(
    name: str, version: str | None, status: Any, detail: str | None = None, share: float | None = None
) -> Model:
    """One version on the wire."""
    kind: Any = "ranker" if name == "ranker" else "generator"
    return Model(name=name, kind=kind, version=version, status=status, share=share, detail=detail)


def to_models(name: str, state: LiveState | None) -> list[Model]:
    """The live version on the wire, the one that was to replace it, and the others."""
    if state is None:
        return [to_model(name, None, "unavailable")]
    models = [to_model(name, state.version, "live")]
    if state.loading:
        models.append(to_model(name, None, "loading"))
    elif state.refused:
        models.append(to_model(name, None, "refused", state.refused))
    models.extend(
        to_model(name, each.version, each.status, each.detail, each.share) for each in state.others
    )
    return models
