"""Settings of the index, and of its shards where it has any."""

from pydantic import Field

from deployments.replica_settings import ReplicaSettings


class FollowingSettings(ReplicaSettings):
    """Whoever holds items of the store in memory."""

    poll_ms: int = Field(
        300, ge=10, le=2000, description="How often a replica looks for added and removed items."
    )


class IndexSettings(FollowingSettings):
    """The deployment that is asked for existing media; without a section `shard` it holds them all."""

    max_batch_size: int = Field(16, ge=1, description="Queries encoded and searched together.")
    batch_wait_ms: float = Field(0.5, ge=0, description="How long a query waits for company.")
    shard_timeout_ms: float = Field(
        250,
        gt=0,
        description="How long each of the two questions to shards may take; who is late is named.",
    )


class ShardSettings(FollowingSettings):
    """One shard of the index: FAISS and the words of its part of the items."""

    num_shards: int = Field(ge=1, description="Parts, each with replicas of its own.")
