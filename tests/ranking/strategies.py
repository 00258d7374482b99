"""Random but valid rankings of everything: hypothesis strategies that the ranking tests share."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranking.candidates import Candidate
from ranking.weights import RankingWeights

SHIPPED = RankingWeights(**yaml.safe_load((Path(__file__).parents[2] / "configs/ranking.yaml").read_text()))
GREEDY = replace(SHIPPED, temperature=0.0)

unit_interval = st.floats(0.0, 1.0)
scores = st.none() | unit_interval
media_types = st.sampled_from(["image", "sticker", "video", "audio"])
sources = st.sampled_from(["index", "generated"])
seeds = st.integers(0, 2**32 - 1)


def unit_vector(seed: int, dimension: int = 16) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).normal(size=dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


embeddings = st.integers(0, 40).map(unit_vector)

candidates = st.builds(
    Candidate,
    item_id=st.uuids().map(str),
    media_type=media_types,
    source=sources,
    index_match=scores,
    gme_relevance=scores,
    embedding=st.none() | embeddings,
    label=st.none() | st.sampled_from("abcdef"),
)
candidate_lists = st.lists(candidates, max_size=12, unique_by=lambda candidate: candidate.item_id)

weights = st.builds(
    RankingWeights,
    evidence=st.floats(0.01, 10.0),
    user_preference=st.floats(0.0, 10.0),
    novelty=st.floats(0.0, 10.0),
    index_trust=unit_interval,
    gme_trust=unit_interval,
    relevance_midpoint=st.floats(-1.0, 1.0),
    relevance_scale=st.floats(1e-4, 10.0),
    taste_prior=st.floats(0.1, 10.0),
    taste_half_life_s=st.floats(1.0, 1e8),
    novelty_half_life_s=st.floats(1.0, 1e8),
    duplicate_cosine=st.floats(0.5, 1.0),
    diversity=st.floats(0.0, 2.0),
    type_share=unit_interval,
    source_share=unit_interval,
    source_penalty=unit_interval,
    temperature=st.just(0.0) | st.floats(1e-4, 10.0),
)
