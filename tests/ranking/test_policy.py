import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.candidates import Candidate
from ranking.diversity import penalties
from ranking.features import NAMES, VERSION, decode, encode
from ranking.logged import read_features, read_likeness, to_logged
from ranking.network import ScoringNetwork
from ranking.novelty import Seen
from ranking.policy import RankingPolicy, from_safetensors, to_safetensors
from ranking.rank import RankedSlate, rank
from ranking.slate import step_log_probabilities
from ranking.taste import Taste
from tests.ranking import strategies as s
from tests.ranking.networks import random_network


def ranked(
    candidates: list[Candidate], network: ScoringNetwork | None, seed: int = 0, n_gram: str = ""
) -> RankedSlate:
    rng = np.random.default_rng(seed)
    return rank(candidates, Taste(), Seen(), None, s.SHIPPED, 8, 0.0, rng, None, n_gram, network)


def silent(network: ScoringNetwork) -> ScoringNetwork:
    """The same with a last layer of zeros."""
    weights, biases = network.layers[-1]
    last = (np.zeros_like(weights), np.zeros_like(biases))
    return dataclasses.replace(network, layers=(*network.layers[:-1], last))


@given(s.candidate_lists, s.seeds)
def test_the_log_alone_gives_the_probability_of_a_slate_under_the_learned_policy(
    candidates: list[Candidate], seed: int
) -> None:
    network, weights = random_network(), s.SHIPPED
    slate = ranked(candidates, network, seed)
    open_ = [each for each in slate.considered if each.duplicate_of is None]
    logged = [to_logged(each) for each in open_]
    features_NF = read_features(logged) if logged else np.zeros((0, len(NAMES)), np.float16)
    likeness_NN = read_likeness(logged)
    bare = [Candidate(c.candidate.item_id, c.candidate.media_type, c.candidate.source) for c in open_]
    crowding = (weights.diversity, weights.type_share, weights.source_share, weights.source_penalty)
    penalise = penalties(bare, likeness_NN, len(slate.items), *crowding)
    places = [bare_ids(bare).index(item.candidate.item_id) for item in slate.items]
    for k, item in enumerate(slate.items):
        logs_N = step_log_probabilities(
            network.utilities(features_NF), penalise(places[:k]), places[:k], weights.temperature
        )
        assert np.exp(logs_N[places[k]]) == pytest.approx(item.propensity, rel=1e-4)


def bare_ids(candidates: list[Candidate]) -> list[str]:
    return [candidate.item_id for candidate in candidates]


@given(s.candidate_lists)
def test_the_best_utility_comes_first_in_the_log(candidates: list[Candidate]) -> None:
    network = random_network()
    considered = ranked(candidates, network).considered
    features_NF = np.array([decode(encode(each.features)) for each in considered]).reshape(-1, len(NAMES))
    utilities = network.utilities(features_NF).tolist()
    assert utilities == pytest.approx(sorted(utilities, reverse=True))


@given(s.candidate_lists, s.seeds)
def test_a_network_that_says_nothing_ranks_as_the_weights_do(
    candidates: list[Candidate], seed: int
) -> None:
    plain, learned = ranked(candidates, None, seed), ranked(candidates, silent(random_network()), seed)
    propensities = [{i.candidate.item_id: i.propensity for i in slate.items} for slate in (plain, learned)]
    if plain.items and [i.candidate for i in plain.items] == [i.candidate for i in learned.items]:
        assert propensities[0] == pytest.approx(propensities[1], rel=0.1)  # totals were halved in precision


@given(s.candidate_lists, st.text(max_size=256))
def test_features_are_named_finite_and_small(candidates: list[Candidate], n_gram: str) -> None:
    for each in ranked(candidates, None, n_gram=n_gram).considered:
        values = dict(zip(NAMES, decode(encode(each.features)).tolist(), strict=True))
        assert all(-1.0 <= value <= 1.0 for value in values.values())
        assert values["is_" + each.candidate.media_type] == 1.0
        assert values["total"] == pytest.approx(each.scores.total, abs=1e-3)
        assert bool(values["is_found"]) == (each.candidate.index_match is not None)


def test_features_of_another_version_are_refused() -> None:
    assert VERSION == 2
    with pytest.raises(ValueError, match="of version 0; this reads version 2"):
        decode("0:AAAA")


def test_a_policy_is_one_file() -> None:
    policy = RankingPolicy(s.SHIPPED, random_network())
    again = from_safetensors(to_safetensors(policy))
    features_NF = np.random.default_rng(0).uniform(size=(5, len(NAMES))).astype(np.float16)
    assert policy.network is not None
    assert again.network is not None
    assert again.network.utilities(features_NF).tolist() == policy.network.utilities(features_NF).tolist()
    assert again.weights == policy.weights
    assert again.version == policy.version != RankingPolicy(s.SHIPPED, random_network(1)).version
    assert RankingPolicy(s.SHIPPED).version == s.SHIPPED.version


@pytest.mark.parametrize("data", [b"", b"12345678", b"\x02\0\0\0\0\0\0\0{}"])
def test_a_file_that_is_no_policy_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a ranking policy"):
        from_safetensors(data)


def test_a_policy_of_other_features_is_refused() -> None:
    network = random_network()
    cut = dataclasses.replace(network, mean_F=network.mean_F[1:])
    with pytest.raises(ValueError, match=f"don't fit {len(NAMES)} features"):
        from_safetensors(to_safetensors(RankingPolicy(s.SHIPPED, cut)))
