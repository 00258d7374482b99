"""What a training run of the ranker may be told; `configs/rl/ranker.yaml` mirrors it."""

from typing import Literal

from pydantic import Field

from rl.yaml_settings import YamlSettings


class RankerTraining(YamlSettings):
    """Settings of `rl.train_ranker`; a key that is not known is an error."""

    method: Literal["slate", "marwil", "bc"] = Field(
        "slate", description="Our off-policy objective, or RLlib's MARWIL or behaviour cloning."
    )
    seed: int = Field(0, description="Seeds initial weights, the order of slates and who is held out.")
    threads: int = Field(1, ge=1, description="CPU threads of torch.")
    units: tuple[int, ...] = Field((32, 32), description="Units of each hidden layer.")
    held_out: float = Field(
        0.3, gt=0, lt=1, description="Share of the people whose slates only judge the result."
    )
    iterations: int = Field(
        5, ge=1, description="RLlib iterations of the whole run, resumed parts included."
    )
    updates_per_iteration: int = Field(100, ge=1, description="Gradient steps an iteration.")
    batch_size: int = Field(512, ge=1, description="Slates a gradient step.")
    learning_rate: float = Field(5e-3, gt=0, description="Of Adam.")
    max_weight: float = Field(5.0, ge=1, description="Importance weights are cut here (slate).")
    stay: float = Field(0.06, ge=0, description="Weight of the departure from the live policy (slate).")
    beta: float = Field(1.0, gt=0, le=1, description="How strongly rewards weigh what is cloned (marwil).")
    checkpoint_every: int = Field(2, ge=1, description="Iterations between checkpoints.")
