"""`/lab`: what was learned, how it was judged and what was decided, as a page over one JSON document."""

import asyncio
import json
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse

from deployments.settings import ROOT
from store.journal import Decision, Journal
from store.registry import Registry

CURVES = "curves.jsonl"  # a line an iteration of the training, beside a version's weights
MOST_VERSIONS, MOST_DECISIONS = 50, 1_000


class LabRoutes:
    """Reads the registry anew at every call; changes nothing."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    async def page(self) -> FileResponse:
        """The page."""
        return FileResponse(ROOT / "web" / "lab.html")

    async def data(self) -> JSONResponse:
        """All that the page shows; for the page only, not part of the contract."""
        read = await asyncio.to_thread(self._read)
        return JSONResponse(read, headers={"Cache-Control": "no-store"})

    def _read(self) -> dict[str, Any]:
        decisions = Journal(self.registry).read(MOST_DECISIONS)
        versions = self.registry.versions()[-MOST_VERSIONS:]
        return {
            "serving": self.registry.serving().as_json(),
            "versions": [about | {"curves": self._curves(about["version"])} for about in versions],
            "drift": _newest_drift(decisions),
            "decisions": [asdict(each) for each in decisions],
        }

    def _curves(self, version: str) -> list[dict[str, float]]:
        """The figures of each iteration; none where a version came without."""
        path = f"{self.registry.root}/{version}/{CURVES}"
        if not self.registry.filesystem.exists(path):
            return []
        lines = self.registry.read(version, CURVES).splitlines()
        return list({read["iteration"]: read for read in map(json.loads, lines)}.values())


def add_lab_routes(app: FastAPI, registry: Registry) -> None:
    """Add `/lab` and `/lab/data` to the application."""
    routes = LabRoutes(registry)
    app.get("/lab", response_class=FileResponse, include_in_schema=False)(routes.page)
    app.get("/lab/data", include_in_schema=False)(routes.data)


def _newest_drift(decisions: list[Decision]) -> dict[str, Any] | None:
    measured = [each for each in decisions if each.evidence.get("drift")]
    return {"at_s": measured[-1].at_s} | measured[-1].evidence["drift"] if measured else None
