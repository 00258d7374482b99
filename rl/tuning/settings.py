"""What a tuning run of a generator may be told; `configs/rl/nft.yaml`, `ddpo.yaml` and `hub.yaml` mirror it."""

from typing import Literal

from pydantic import Field

from rl.yaml_settings import YamlSettings


class GeneratorTuning(YamlSettings):
    """Settings of `rl.tune_generator` and `rl.tune_hub`; a key that is not known is an error."""

    algorithm: Literal["nft", "ddpo"] = Field(
        "nft", description="DiffusionNFT on logged media, or DDPO on new ones."
    )
    seed: int = Field(0, description="Seeds initial weights, noise, order and the sheet.")
    threads: int = Field(1, ge=1, description="CPU threads of torch.")
    lora_rank: int = Field(
        16, ge=0, description="Of the changes to each linear layer; 0 changes all weights."
    )
    iterations: int = Field(
        15, ge=1, description="RLlib iterations of the whole run, resumed parts included."
    )
    learning_rate: float = Field(3e-4, gt=0, description="Of AdamW.")
    grad_clip: float = Field(1.0, gt=0, description="Norm that gradients are cut to.")
    stay: float = Field(0.1, ge=0, description="Weight of the distance from the base network.")
    strength: float = Field(0.67, gt=0, le=1, description="Time that the sampler starts at.")
    guidance: float = Field(3.0, ge=1, description="Classifier-free guidance of the sampler.")
    reference_temperature: float = Field(
        0.5,
        gt=0,
        description="Of what people want in the choice of references; the higher, the less it counts.",
    )
    num_learners: int = Field(0, ge=0, description="Learner actors; 0 learns in this process.")
    num_gpus_per_learner: float = Field(0, ge=0, description="GPUs of each.")
    checkpoint_every: int = Field(5, ge=1, description="Iterations between checkpoints.")
    batch_size: int = Field(64, ge=1, description="Media, or steps of chains, an update and learner.")
    updates_per_iteration: int = Field(10, ge=1, description="Gradient steps an iteration (nft).")
    beta: float = Field(1.0, gt=0, description="How far apart the implicit policies are (nft).")
    decay: float = Field(0.9, ge=0, lt=1, description="Of the old network, an iteration (nft).")
    replay: float = Field(0.25, ge=0, description="Media of the training set for each logged one (nft).")
    num_env_runners: int = Field(0, ge=0, description="Sampling actors; 0 samples in this process (ddpo).")
    num_gpus_per_env_runner: float = Field(0, ge=0, description="GPUs of each sampling actor (ddpo).")
    prompts: int = Field(8, ge=1, description="Prompts that a runner draws a round (ddpo).")
    group: int = Field(8, ge=2, description="Media for each of them (ddpo).")
    steps: int = Field(4, ge=2, description="Steps of a chain (ddpo).")
    level: float = Field(0.7, gt=0, description="Noise of the steps (ddpo).")
    clip: float = Field(1e-3, gt=0, description="Ratios are cut this far from 1 (ddpo).")
    passes: int = Field(1, ge=1, description="Over the steps of a round (ddpo).")
