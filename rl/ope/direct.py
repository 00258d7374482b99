"""The direct method: ask a reward model what the target policy would earn."""

import numpy as np

from rl.ope.slates import LoggedSlates
from rl.ope.terms import Terms


def dm(slates: LoggedSlates) -> Terms:
    """DM (Beygelzimer & Langford 2009): mean of E_{a ~ target} Q(x, a) at the first place, [S, K] predictions.

    As good as its model: an interval around it knows of the sampling, not of the model's bias.
    """
    predictions = slates.predictions
    if predictions is None:
        raise ValueError("predictions is None; DM needs a reward model's")
    none_S0 = np.zeros((len(slates), 0))
    return Terms(predictions.expected_SK[:, 0], none_S0, none_S0)
