"""What training the reward model may be told; `configs/rl/reward.yaml` mirrors it."""

from pydantic import BaseModel, ConfigDict, Field

from rl.yaml_settings import YamlSettings


class RewardWeights(BaseModel):
    """What the parts of the reward count; only their ratios matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preference: float = Field(0.7, gt=0, description="That somebody who looks at it selects it.")
    relevance: float = Field(
        0.2, ge=0, description="That it fits the n-gram, as the ranking calibrates it."
    )
    novelty: float = Field(0.1, ge=0, description="That it is unlike the others made for the same n-gram.")
    safety: float = Field(0.0, ge=0, description="That it is safe; decodes and rates each medium.")
    relevance_floor: float = Field(
        0.1, ge=-1, le=1, description="Cosine to the n-gram below which the whole reward is 0."
    )


class RewardTraining(YamlSettings):
    """Settings of `rl.train_reward`; a key that is not known is an error."""

    seed: int = Field(0, description="Seeds initial weights and which people each member learns from.")
    threads: int = Field(1, ge=1, description="CPU threads of torch.")
    held_out: float = Field(
        0.4, gt=0, lt=1, description="Share of the people for the model that tuning never sees."
    )
    calibrate: float = Field(
        0.25, gt=0, lt=1, description="Share of either's people that calibrate, and end the training."
    )
    members: int = Field(5, ge=2, description="Networks whose disagreement is the uncertainty.")
    units: int = Field(32, ge=1, description="Units of the hidden layer.")
    projected: int = Field(8, ge=1, description="Directions of meaning that a network tells apart.")
    ridge: float = Field(0.1, ge=0, description="Of what is linear, on the squares of its weights.")
    steps: int = Field(100, ge=1, description="Looks at most while the network learns, three steps each.")
    learning_rate: float = Field(2e-3, gt=0, description="Of the network, by Adam.")
    max_weight: float = Field(5.0, ge=1, description="Inverse probabilities are cut here.")
    caution: float = Field(
        1.0, ge=0, description="Standard deviations of the members that the reward lies below their mean."
    )
    reward: RewardWeights = Field(description="The parts of the reward that tuning climbs.")
