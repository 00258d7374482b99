"""What Prometheus reads: the metrics that Ray's agent on this node has gathered from every replica on it."""

import httpx
import ray

from deployments.problems import HttpProblem


async def scrape_node() -> str:
    """Prometheus text of this node; raises HttpProblem 503 while the agent is not there yet."""
    node_id = ray.get_runtime_context().get_node_id()
    node = next(node for node in ray.nodes() if node["NodeID"] == node_id)
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    try:
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        raise HttpProblem(503, "No metrics yet", f"the metrics agent does not answer: {error}") from error
    return answer.text
