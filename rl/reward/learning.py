"""Train and calibrate a model of preferences.

Array names: N media in slates, D descriptors, U people.
"""

import copy

import torch
from torch import Tensor
from torch.nn import functional

from rl.log import BUCKETS
from rl.reward.pairs import Pairs, make_pairs
from rl.reward.preference import PreferenceModel, Scorer, describe
from rl.reward.settings import RewardTraining
from rl.tuning.showings import Showings

LINEAR_STEPS, LINEAR_RATE = 150, 1e-2
LOOK_EVERY = 3  # steps of the network
LEAST_PAIRS = 50
LEAST_SLOPE = 1e-3  # a model that knows nothing still prefers what it scores higher


def learn_preference(showings: Showings, settings: RewardTraining) -> PreferenceModel:
    """Learn from most people; the others say when to stop and what a score means."""
    people_N = showings.shown.people_N // BUCKETS % BUCKETS  # other digits than those that hold people out
    calibrates_N = people_N < settings.calibrate * BUCKETS
    calibrate = showings.of(calibrates_N)
    learn, pairs = _paired(showings.of(~calibrates_N), settings)
    judge, judging = _paired(calibrate, settings)
    generator = torch.Generator().manual_seed(settings.seed)
    torch.manual_seed(settings.seed)
    members = [_train(learn, pairs, judge, judging, settings, generator) for _ in range(settings.members)]
    return _calibrate(PreferenceModel(members, settings.caution).eval(), calibrate)


def _paired(showings: Showings, settings: RewardTraining) -> tuple[Showings, Pairs]:
    """The media that stand in pairs, and the pairs; ValueError if there are too few."""
    pairs = make_pairs(showings, settings.max_weight)
    if len(pairs) < LEAST_PAIRS:
        raise ValueError(
            f"log: {len(pairs)} pairs of a chosen medium and another, where {LEAST_PAIRS} are needed"
        )
    rows, places = torch.unique(torch.cat([pairs.better_P, pairs.other_P]), return_inverse=True)
    better_P, other_P = places.chunk(2)
    return showings.take(rows), Pairs(better_P, other_P, pairs.weights_P)


def _train(
    learn: Showings,
    pairs: Pairs,
    judge: Showings,
    judging: Pairs,
    settings: RewardTraining,
    generator: torch.Generator,
) -> Scorer:
    """One member, on a bootstrap sample of the people (Breiman 1996).

    First what is linear, held by a ridge. Then the network, as far as it helps to judge people who are not learned from:
    alone and unheld it knew the pairs of a small log by heart within 30 steps and ordered new ones by chance (docs/log.md).
    """
    media, others = learn.shown.media, judge.shown.media
    descriptors_ND, others_ND = describe(media), describe(others)
    member = Scorer(descriptors_ND.shape[1], media.texts_NT.shape[1], settings.projected, settings.units)
    member.mean_D.copy_(descriptors_ND.mean(0))
    member.deviation_D.copy_(descriptors_ND.std(0).clamp(min=1e-3))
    times_N = _resampled(learn.shown.people_N, generator)
    optimiser = torch.optim.Adam(member.linear.parameters(), LINEAR_RATE)
    normal_ND = member.normalise(descriptors_ND)
    for _ in range(LINEAR_STEPS):
        ridge = settings.ridge * member.linear.weight.square().sum()
        _step(optimiser, pairs.loss(member.linear(normal_ND)[:, 0], times_N) + ridge)
    optimiser = torch.optim.Adam(
        [*member.project.parameters(), *member.mlp.parameters()], settings.learning_rate
    )
    best, kept = float("inf"), member.state_dict()
    for _ in range(settings.steps):
        with torch.inference_mode():
            judged = float(judging.loss(member(others_ND, others)))
        if judged >= best:
            break
        best, kept = judged, copy.deepcopy(member.state_dict())
        for _ in range(LOOK_EVERY):
            _step(optimiser, pairs.loss(member(descriptors_ND, media), times_N))
    member.load_state_dict(kept)
    return member


def _step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _resampled(people_N: Tensor, generator: torch.Generator) -> Tensor:
    """How often each medium's person is drawn, with replacement."""
    people_U, codes_N = torch.unique(people_N, return_inverse=True)
    drawn = torch.randint(len(people_U), (len(people_U),), generator=generator)
    return torch.bincount(drawn, minlength=len(people_U)).float()[codes_N]


def _calibrate(model: PreferenceModel, showings: Showings) -> PreferenceModel:
    """Platt's line (1999) on generated media: P(selected) = P(looked at) · σ(slope · score + offset)."""
    made = showings.of(showings.generated_N)
    if not len(made):
        raise ValueError("log: no generated media among those to calibrate with")
    scores_N = model.scores(made.shown.media).mean(0).clone()  # out of inference mode
    chosen_N = made.shown.chosen_N.float()
    line = torch.nn.Parameter(torch.tensor([1.0, -1.0]))
    optimiser = torch.optim.LBFGS([line], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        predicted_N = made.examined_N * (line[0] * scores_N + line[1]).sigmoid()
        loss = functional.binary_cross_entropy(predicted_N, chosen_N)
        loss = loss + 0.5 * (line[0] - 1.0) ** 2 / len(chosen_N)  # towards the scores as they are
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    slope, offset = line.tolist()
    model.slope, model.offset = max(slope, LEAST_SLOPE), offset
    return model
