"""How many workers fit, and what each has."""

from __future__ import annotations

import pytest

from trisampler.cluster.errors import ClusterError
from trisampler.cluster.settings import ClusterSettings
from trisampler.cluster.shares import Node, Share, share_among_all, share_among_any

RAY = ClusterSettings(kind="ray")


def settings(**changes: object) -> ClusterSettings:
    return RAY.model_copy(update=changes)


@pytest.mark.parametrize(
    ("nodes", "changes", "threads", "expected"),
    [
        # A worker computes as this process would, where a node has so many CPUs.
        ([Node(8, 0), Node(8, 0)], {}, 8, Share(2, 8, 0)),
        ([Node(8, 0), Node(8, 0)], {}, 2, Share(8, 2, 0)),
        ([Node(1, 0), Node(1, 0)], {}, 2, Share(2, 1, 0)),
        ([Node(8, 0), Node(2, 0)], {}, 4, Share(2, 4, 0)),
        ([Node(8, 0), Node(8, 0)], {"workers": 3}, 2, Share(3, 2, 0)),
        ([Node(8, 0)], {"workers": 30, "cpus_per_worker": 4}, 2, Share(2, 4, 0)),
        # One for each GPU, however many threads this process has.
        ([Node(0, 0), Node(16, 4)], {"gpus_per_worker": 1}, 16, Share(4, 4, 1)),
        ([Node(2, 4)], {"gpus_per_worker": 1}, 16, Share(2, 1, 1)),
    ],
)
def test_as_many_as_fit(
    nodes: list[Node], changes: dict[str, object], threads: int, expected: Share
) -> None:
    assert share_among_any(nodes, settings(**changes), threads) == expected


@pytest.mark.parametrize(
    ("nodes", "changes", "threads", "workers", "expected"),
    [
        # As spawned processes share the threads of one machine.
        ([Node(2, 0)], {}, 2, 2, Share(2, 1, 0)),
        ([Node(16, 0)], {}, 16, 3, Share(3, 5, 0)),
        ([Node(8, 0), Node(8, 0)], {}, 8, 2, Share(2, 8, 0)),
        # A CPU left over on one node is of no use to a worker on another.
        ([Node(5, 0), Node(3, 0)], {}, 8, 2, Share(2, 3, 0)),
        ([Node(5, 0), Node(3, 0)], {"cpus_per_worker": 1}, 8, 2, Share(2, 1, 0)),
        ([Node(16, 4)], {"gpus_per_worker": 1}, 16, 4, Share(4, 4, 1)),
    ],
)
def test_so_many_at_once(
    nodes: list[Node], changes: dict[str, object], threads: int, workers: int, expected: Share
) -> None:
    assert share_among_all(nodes, settings(**changes), threads, workers) == expected


def test_no_room_is_said_before_anybody_waits_for_it() -> None:
    nodes = [Node(2, 0), Node(4, 1)]
    for changes in ({"cpus_per_worker": 5}, {"gpus_per_worker": 1, "cpus_per_worker": 5}):
        with pytest.raises(ClusterError, match=r"no room for 1 worker.*2 CPUs, 0 GPUs; 4 CPUs, 1"):
            share_among_any(nodes, settings(**changes), 2)
    with pytest.raises(ClusterError, match=r"no room for 7 worker\(s\) of 1 CPUs"):
        share_among_all(nodes, RAY, 2, 7)
    with pytest.raises(ClusterError, match=r"2 worker.* 1 GPUs"):
        share_among_all(nodes, settings(gpus_per_worker=1), 2, 2)
