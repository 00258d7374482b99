"""Deployments without a replica while nobody calls. To ask one how it is would wake it, and a machine with a GPU."""

import asyncio
from collections.abc import Mapping

from ray import serve
from ray.serve.schema import DeploymentStatus, ReplicaState

FAILED = (DeploymentStatus.UNHEALTHY, DeploymentStatus.DEPLOY_FAILED)


class Sleepers:
    """Those of an application that may sleep: what they are called here, and as deployments."""

    def __init__(self, app: str, names: Mapping[str, str]) -> None:
        self.app = app
        self.names = names

    async def asleep(self) -> frozenset[str]:
        """Those that no replica runs of, and that have not failed."""
        if not self.names:
            return frozenset()
        applications = (await asyncio.to_thread(serve.status)).applications
        deployments = applications[self.app].deployments if self.app in applications else {}
        found = {name: deployments[of] for name, of in self.names.items() if of in deployments}
        return frozenset(
            name
            for name, each in found.items()
            if each.status not in FAILED and not each.replica_states.get(ReplicaState.RUNNING)
        )
