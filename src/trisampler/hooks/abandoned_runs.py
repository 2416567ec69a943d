"""MLflow runs whose process was killed: found and closed by the next run on the same machine."""

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
    return _identity(os.getpid())


def close_abandoned_runs(client: MlflowClient, experiment_id: str) -> None:
    """Mark as killed what says it is running and was started here by a process that is gone."""
    runs = client.search_runs(
        [experiment_id],
        filter_string=f"attributes.status = 'RUNNING' and tags.`{PROCESS}` LIKE '{_here()} %'",
        max_results=_MOST,
    )
    for run in runs:
        identity = run.data.tags[PROCESS]
        if identity != _identity(int(identity.split()[1])):
            client.set_tag(run.info.run_id, "error", "The process was killed.")
            client.set_terminated(run.info.run_id, status="KILLED")


def _identity(pid: int) -> str:
    """Machine, process and when it started: numbers of processes are used again."""
    return f"{_here()} {pid} {_started(pid)}"


def _here() -> str:
    return socket.gethostname().replace(" ", "_").replace("'", "")


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
