"""What decides a slate: the hand-set weights, and the network that was learned to correct them."""

import hashlib
import json
from dataclasses import asdict, dataclass

from safetensors import SafetensorError
from safetensors.numpy import load, save

from ranking.features import NAMES, VERSION
from ranking.network import ScoringNetwork, metadata
from ranking.weights import RankingWeights


@dataclass(frozen=True, slots=True, eq=False)
class RankingPolicy:
    """All that decides a slate: the hand-set weights, and the network if one was learned."""

    weights: RankingWeights
    network: ScoringNetwork | None = None

    @property
    def version(self) -> str:
        """A name that changes when any number does; without a network that of the weights."""
        if self.network is None:
            return self.weights.version
        digest = hashlib.sha256(self.weights.version.encode() + to_safetensors(self))
        return f"ranker-{digest.hexdigest()[:10]}"


def to_safetensors(policy: RankingPolicy) -> bytes:
    """The policy as one file: tensors, and the hand-set weights in its metadata."""
    if policy.network is None:
        raise ValueError("network is None; allowed is a policy with a network")
    about = {"features": VERSION, "weights": asdict(policy.weights)}
    return save(policy.network.to_tensors(), {"policy": json.dumps(about, sort_keys=True)})


def from_safetensors(data: bytes) -> RankingPolicy:
    """Read what `to_safetensors` wrote; ValueError says what is wrong with it."""
    try:
        tensors, about = load(data), json.loads(metadata(data)["policy"])
        if about["features"] != VERSION:
            raise ValueError(f"it reads features of version {about['features']}, here is {VERSION}")
        network = ScoringNetwork.of_tensors(tensors, len(NAMES))
        return RankingPolicy(RankingWeights(**about["weights"]), network)
    except (SafetensorError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"not a ranking policy ({error})") from None
