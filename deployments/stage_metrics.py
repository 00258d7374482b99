"""How long the stages of a suggestion take and how fresh its last slate is, for Prometheus."""

from ray.util.metrics import Counter, Histogram

from deployments.gathering import Gathering

STAGES_S = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
PROPENSITIES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.999]


class StageMetrics:
    """Times since the call arrived: `recalled` (person and index have answered), `first_slate`, `last_slate`."""

    def __init__(self) -> None:
        self._seconds = Histogram(
            "gramoji_stage_seconds",
            "Time since the call arrived, by what was reached.",
            boundaries=STAGES_S,
            tag_keys=("stage",),
        )
        self._propensity = Histogram(
            "gramoji_slate_propensity",
            "Probability with which a shown item was drawn at its place; learning needs few near 0.",
            boundaries=PROPENSITIES,
        )
        self._suggestions = _counter("gramoji_suggestions", "Suggestions answered.", "policy_version")
        self._fresh = _counter(
            "gramoji_suggestions_fresh", "Those whose last slate has new media.", "policy_version"
        )
        self._late = _counter(
            "gramoji_generations_late", "Generations that missed the deadline.", "media_type"
        )
        self._degraded = _counter(
            "gramoji_suggestions_degraded", "Parts that failed or were left out.", "part"
        )

    def reached(self, stage: str, gathering: Gathering) -> None:
        """Observe a stage."""
        self._seconds.observe(gathering.latency_ms / 1000, {"stage": stage})

    def answered(self, gathering: Gathering) -> None:
        """Count a suggestion by its last slate."""
        assert gathering.ranked is not None
        self.reached("last_slate", gathering)
        version = {"policy_version": gathering.policy_version}
        self._suggestions.inc(1, version)
        made = {each.item.item_id for each in gathering.made}
        if made & {each.candidate.item_id for each in gathering.ranked.items}:
            self._fresh.inc(1, version)
        for each in gathering.ranked.items:
            self._propensity.observe(each.propensity)
        for media_type in gathering.pending:
            self._late.inc(1, {"media_type": media_type})
        for part in {text.partition(":")[0] for text in gathering.degraded}:
            self._degraded.inc(1, {"part": part})


def _counter(name: str, description: str, tag: str) -> Counter:
    return Counter(name, description, tag_keys=(tag,))
