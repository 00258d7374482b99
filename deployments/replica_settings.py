"""What Ray Serve gives each deployment: copies, their places, and how they come and go."""

from dataclasses import fields
from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)


def _refuse_unknown_keys(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    made = handler(value)
    if isinstance(value, dict) and (unknown := value.keys() - {field.name for field in fields(made)}):
        raise ValueError(f"unknown: {', '.join(sorted(map(str, unknown)))}")
    return made


KNOWN_KEYS = WrapValidator(
    _refuse_unknown_keys
)  # pydantic passes over what a plain dataclass does not know


class Settings(BaseModel):
    """Frozen values; a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Autoscaling(Settings):
    """As many replicas as the calls need; Ray adds machines for them and takes idle ones away."""

    min_replicas: int = Field(
        ge=0, description="0: sleeps when nobody calls, and the first call waits for a machine and a model."
    )
    max_replicas: int = Field(ge=1, description="Replicas at most.")
    target_ongoing_requests: float = Field(
        gt=0, description="Calls that one replica should have, running or waiting."
    )
    look_back_period_s: float = Field(30, gt=0, description="Calls are averaged over this time.")
    upscale_delay_s: float = Field(
        10, ge=0, description="How long more must be wanted before they are added."
    )
    downscale_delay_s: float = Field(
        300, ge=0, description="How long fewer must do before replicas are taken away."
    )
    downscale_to_zero_delay_s: float | None = Field(
        None, ge=0, description="The same for the last replica; a machine with a GPU is slow to come back."
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.max_replicas < self.min_replicas:
            raise ValueError(
                f"max_replicas {self.max_replicas}: min_replicas {self.min_replicas} and above"
            )
        return self


class ReplicaSettings(Settings):
    """What Ray Serve gives a deployment."""

    num_replicas: int = Field(1, ge=1, description="Copies that share the work.")
    autoscaling: Autoscaling | None = Field(None, description="Instead of a fixed number of copies.")
    num_cpus: float = Field(gt=0, description="Share of CPUs that a replica reserves.")
    resources: dict[str, float] = Field(
        default={}, description="What else its machine must have, as `cluster.yaml` names it."
    )
    max_replicas_per_node: int | None = Field(
        None, ge=1, le=100, description="1 spreads the copies, so that one lost machine leaves the others."
    )
    threads: int = Field(1, ge=1, description="Threads of torch and FAISS in a replica.")
    max_ongoing_requests: int = Field(ge=1, description="Requests that a replica works on at once.")
    max_queued_requests: int = Field(
        ge=1, description="Requests that wait for a replica; beyond it they are refused."
    )
    drain_s: float = Field(
        5, ge=0, description="How long a replica that goes may finish what it has begun."
    )
    max_surge_percent: int = Field(
        0, ge=0, le=100, description="Share of new replicas that may run beside those they replace."
    )
    health_check_period_s: float = Field(
        10, gt=0, description="How often a replica is asked whether it works."
    )
    health_check_timeout_s: float = Field(
        30, gt=0, description="A replica that takes longer to say so is replaced."
    )

    @property
    def may_sleep(self) -> bool:
        """Whether there are times without a replica."""
        return self.autoscaling is not None and self.autoscaling.min_replicas == 0

    @model_validator(mode="after")
    def _check_number(self) -> Self:
        if self.autoscaling is not None and self.num_replicas != 1:
            raise ValueError(f"num_replicas {self.num_replicas}: autoscaling says how many there are")
        return self
