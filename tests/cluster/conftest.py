"""A Ray cluster of two nodes on this machine, each with processes of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from trisampler.cluster.settings import ClusterSettings

# Read when Ray is imported: no reports to its makers, and no interface but the loopback one.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")


@pytest.fixture(scope="package")
def two_nodes() -> Iterator[ClusterSettings]:
    """Settings that name a cluster of two nodes with one CPU each."""
    import ray
    from ray.cluster_utils import Cluster

    processes_before = set(psutil.Process().children(recursive=True))
    cluster = Cluster()
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=1, include_dashboard=False)
        yield ClusterSettings(kind="ray", address=cluster.address)
    finally:
        ray.shutdown()
        started = set(psutil.Process().children(recursive=True)) - processes_before
        cluster.shutdown()
        for process in psutil.wait_procs(list(started), timeout=5)[1]:
            process.kill()


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As many as a worker has on these nodes."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def kill_a_worker(kind: str) -> int:
    """End one of the cluster's processes of a kind the hard way; its process id."""
    found = [
        process.pid
        for process in psutil.Process().children(recursive=True)
        if process.cmdline()[:1] and process.cmdline()[0].startswith(f"ray::{kind}")
    ]
    assert found, f"there is no worker {kind}"
    os.kill(found[0], signal.SIGKILL)
    return found[0]
