"""MLflow runs whose process was killed: found and closed by the next run on the same machine.

A number of a process says something only inside its PID namespace, and containers may have the
host's name: of a process of another namespace nothing is known, so it counts as alive.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

PROCESS = "trisampler.process"
"""The tag by which it can be told whether the process of a run is still there."""

_MOST = 100


def this_process() -> str:
    """The tag's value for this process."""
    pid = os.getpid()
    return f"{_here()} {pid} {_started(pid)} {_namespace()}"


def close_abandoned_runs(client: MlflowClient, experiment_id: str) -> None:
    """Mark as killed what says it is running and was started here by a process that is gone."""
    runs = client.search_runs(
        [experiment_id],
        filter_string=f"attributes.status = 'RUNNING' and tags.`{PROCESS}` LIKE '{_here()} %'",
        max_results=_MOST,
    )
    for run in runs:
        if is_gone(run.data.tags[PROCESS]):
            client.set_tag(run.info.run_id, "error", "The process was killed.")
            client.set_terminated(run.info.run_id, status="KILLED")


def is_gone(process: str) -> bool:
    """Whether a tag's process is none of that number here, or one that started at another time.

    A tag without a namespace counts as of this one. Of another machine's nothing is known.
    """
    host, pid, started, *namespace = process.split()
    here = host == _here() and namespace in ([], [_namespace()])
    return here and started != _started(int(pid))


def _here() -> str:
    return socket.gethostname().replace(" ", "_").replace("'", "")


def _namespace() -> str:
    """That in which numbers of processes count; "-" where the system has none."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return "-"


def _started(pid: int) -> str:
    """When the process started, in clock ticks since boot; "gone" where there is none."""
    try:
        # The name in brackets may hold anything; the 22nd field counts from the first.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "running" if _is_there(pid) else "gone"
    return fields[19] if fields[0] != "Z" else "gone"


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
