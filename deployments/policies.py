"""The ranking policies that serve: the live one, one beside it for some of the people, and one in the shadow."""

from dataclasses import asdict, dataclass, field
from typing import Any

from deployments.live import UserConfig
from deployments.settings import SuggestSettings
from ranking.drawing import DrawingPolicy
from ranking.live_drawing import live_drawing
from ranking.live_policy import read_policy
from ranking.policy import RankingPolicy
from ranking.weights import RankingWeights, load_ranking_weights
from store.registries import drawing_registry
from store.registry import Registry
from store.serving import Serving


@dataclass(frozen=True, slots=True, eq=False)
class Policies:
    """What `serving` names, loaded."""

    serving: Serving
    live: RankingPolicy
    drawing: DrawingPolicy = field(default_factory=DrawingPolicy)
    beside: RankingPolicy | None = None
    shadow: RankingPolicy | None = None

    @property
    def weights(self) -> RankingWeights:
        """Those of the live one."""
        return self.live.weights

    @property
    def version(self) -> str:
        """Of the live one."""
        return self.live.version

    def of(self, user_id: str) -> RankingPolicy:
        """The policy that this person's slates are drawn by."""
        if self.beside is not None and self.serving.is_beside(user_id):
            return self.beside
        return self.live


def ranking_config(settings: SuggestSettings, registry_url: str) -> UserConfig:
    """Who is served by which version in the registry; and the hand-set weights themselves, which rank while none is live.

    A changed file, a promotion, a trial and a rollback are each a changed configuration.
    """
    weights = asdict(load_ranking_weights(settings.ranking))
    return up_to_date({"ranking": weights, "registry": registry_url})


def up_to_date(told: UserConfig) -> UserConfig:
    """The same, with what the registry says now."""
    url = told["registry"]
    return told | {"serving": Registry(url).serving().as_json(), "drawing": drawing_registry(url).live()}


def load_policies(told: UserConfig) -> Policies:
    """The policies that are told; ValueError names what is wrong."""
    registry, serving = Registry(told["registry"]), Serving.from_json(told["serving"])

    def read(version: str | None) -> RankingPolicy:
        return read_policy(registry, version) if version else RankingPolicy(_weights(told["ranking"]))

    return Policies(
        serving,
        read(serving.live),
        live_drawing(drawing_registry(told["registry"])),
        read(serving.beside.version) if serving.beside else None,
        read(serving.shadow.version) if serving.shadow else None,
    )


def _weights(values: dict[str, Any]) -> RankingWeights:
    return RankingWeights(**values)
