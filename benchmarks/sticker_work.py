"""What every server that is compared does for a sticker: from words to bytes, with the weights and steps that ship."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from deployments.messages import GenerateRequest
from deployments.ordering import order_of_call
from deployments.people import Person
from deployments.policies import Policies
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.sticker import load_generator
from models.safety import SafetyClassifier
from ranking.policy import RankingPolicy
from ranking.weights import load_ranking_weights
from store.serving import Serving

ROOT = Path(__file__).resolve().parent.parent
MAX_BATCH_SIZE = 8  # as in configs/local.yaml


@dataclass(frozen=True, slots=True)
class Asked:
    """The words that a sticker is made for, and whether it is rated for safety."""

    text: str
    rated: bool = True


class StickerWork:
    """The generator and the safety net, in one thread."""

    def __init__(self) -> None:
        settings = AppSettings.load(DEFAULT_CONFIG).sticker
        torch.set_num_threads(settings.threads)
        self.generator, self.safety = load_generator(settings), SafetyClassifier()
        weights = load_ranking_weights(ROOT / "configs/ranking.yaml")
        self.stranger, self.policies = Person(), Policies(Serving(), RankingPolicy(weights))

    def make(self, asked: Sequence[Asked]) -> list[bytes]:
        """A WebP for each, sampled in one batch."""
        prompts = []
        for each in asked:
            request = GenerateRequest(
                n_gram_string=each.text, user_id="u", media_type="sticker", generation_count=1
            )
            prompts += order_of_call(request, self.stranger, self.policies).prompts()
        made = self.generator.generate(prompts)
        for each, picture in zip(asked, made.pictures, strict=True):
            if each.rated:
                self.safety.rate(picture)
        return [medium.data for medium in made.media]
