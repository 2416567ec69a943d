"""How a cluster is shared out among workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trisampler.cluster.errors import ClusterError
from trisampler.cluster.settings import ClusterSettings


@dataclass(frozen=True)
class Node:
    """What a node of a cluster has, busy or not."""

    cpus: int
    gpus: int

    def room(self, cpus: int, gpus: int) -> int:
        """How many workers of so many CPUs and GPUs it holds."""
        by_cpus = self.cpus // cpus
        return min(by_cpus, self.gpus // gpus) if gpus else by_cpus


@dataclass(frozen=True)
class Share:
    """Workers alike.

    Attributes:
        workers: how many.
        cpus: of each, and its threads.
        gpus: of each.
    """

    workers: int
    cpus: int
    gpus: int


def nodes_of(ray: Any) -> list[Node]:
    """The nodes of the cluster that this process is connected to."""
    resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [Node(int(found.get("CPU", 0)), int(found.get("GPU", 0))) for found in resources]


def share_among_any(nodes: Sequence[Node], settings: ClusterSettings, threads: int) -> Share:
    """As many workers as fit, or as the settings allow.

    Args:
        nodes: of the cluster.
        settings: what a worker is to have.
        threads: of this process: a worker's CPUs where the settings leave them open and a node
            has as many to give.

    Raises:
        ClusterError: no node holds even one.
    """
    gpus = settings.gpus_per_worker
    if settings.cpus_per_worker == "auto":
        # Beside a GPU no more than keeps the node's other GPUs in use.
        to_give = [node.cpus // max(1, node.gpus * gpus) for node in nodes if node.room(1, gpus)]
        cpus = max(1, min(threads, max(to_give, default=1)))
    else:
        cpus = settings.cpus_per_worker
    room = sum(node.room(cpus, gpus) for node in nodes)
    if not room:
        raise ClusterError(_no_room(nodes, 1, cpus, gpus))
    return Share(room if settings.workers == "auto" else min(settings.workers, room), cpus, gpus)


def share_among_all(
    nodes: Sequence[Node], settings: ClusterSettings, threads: int, workers: int
) -> Share:
    """So many workers at once, with as many CPUs each as go round.

    Args:
        nodes: of the cluster.
        settings: what a worker is to have.
        threads: of this process: the most CPUs of a worker where the settings leave them open.
        workers: how many.

    Raises:
        ClusterError: not all of them fit the cluster.
    """
    gpus, wanted = settings.gpus_per_worker, settings.cpus_per_worker
    numbers = range(threads, 0, -1) if wanted == "auto" else [wanted]
    for cpus in numbers:
        if sum(node.room(cpus, gpus) for node in nodes) >= workers:
            return Share(workers, cpus, gpus)
    raise ClusterError(_no_room(nodes, workers, numbers[-1], gpus))


def _no_room(nodes: Sequence[Node], workers: int, cpus: int, gpus: int) -> str:
    has = "; ".join(f"{node.cpus} CPUs, {node.gpus} GPUs" for node in nodes)
    return (
        f"The Ray cluster has no room for {workers} worker(s) of {cpus} CPUs and {gpus} GPUs: its "
        f"nodes have {has or 'nothing'}. Lower cluster.cpus_per_worker, cluster.gpus_per_worker or "
        "training.processes, or add nodes."
    )
