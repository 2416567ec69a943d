"""The connection of this process to a Ray cluster."""

from __future__ import annotations

import logging
import os
import socket
from importlib.util import find_spec
from typing import Any

from trisampler.cluster.errors import ClusterError
from trisampler.cluster.settings import ClusterSettings
from trisampler.extras import install_extra

NO_RAY = (
    f"cluster.kind is ray, and Ray is not installed: {install_extra('ray')}, or set "
    "cluster.kind=none"
)
_LOGGER = logging.getLogger(__name__)
_HERE = "local"


def ray_is_installed() -> bool:
    """Whether Ray could be imported, without doing so."""
    return find_spec("ray") is not None


def connected(settings: ClusterSettings) -> Any:
    """The module `ray`, connected to the cluster that the settings name.

    The first call connects, or starts a cluster of this machine that ends with this process; later
    ones find it done.

    Raises:
        ClusterError: Ray is not installed, or no cluster answers at the address.
    """
    if not ray_is_installed():
        raise ClusterError(f"{NO_RAY}.")
    address = settings.address or os.environ.get("RAY_ADDRESS") or _HERE
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address == _HERE:
        # Ray's name for: all of it on the loopback interface. Read when Ray is imported.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        # There is nobody who would take this machine away on short notice.
        os.environ.setdefault("RAY_TRAIN_ENABLE_PREEMPTION_WATCHER", "0")
    import ray

    if not ray.is_initialized():
        _connect(ray, address)
    return ray


def _connect(ray: Any, address: str) -> None:
    try:
        _knock(address)
        ray.init(
            address,
            logging_level=logging.ERROR,
            runtime_env={"worker_process_setup_hook": "trisampler.cluster.worker_process.set_up"},
            **({"include_dashboard": False} if address == _HERE else {}),
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"There is no Ray cluster at {address} that this run can use ({error}). Correct "
            "cluster.address or RAY_ADDRESS; without both a cluster of this machine is started."
        ) from error
    nodes = [node for node in ray.nodes() if node["Alive"]]
    where = "of this machine" if address == _HERE else f"at {address}"
    _LOGGER.info(
        "Ray cluster %s: %d node(s), %g CPUs, %g GPUs.",
        where,
        len(nodes),
        *(sum(node["Resources"].get(kind, 0) for node in nodes) for kind in ("CPU", "GPU")),
    )


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at host:port: Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=10).close()
