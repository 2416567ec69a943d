"""MLflow's own server on what a project has tracked, as `mlflow ui` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_PATIENCE = 240  # seconds
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # judges and such: processes that nobody asks
}


@contextmanager
def mlflow_ui(database: Path) -> Iterator[str]:
    """`mlflow ui` on a free port of this machine, until the block ends.

    Args:
        database: SQLite. What is looked at may be written to: the page keeps things in it.

    Yields:
        Its address, with a slash at the end.
    """
    port = _free_port()
    address = f"http://127.0.0.1:{port}/"
    own = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    command = ["ui", "--backend-store-uri", f"sqlite:///{database}", "--port", str(port)]
    with (database.parent / "mlflow_ui.log").open("w+") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command, "--workers", "1"],
            cwd=database.parent,
            env=own | _QUIET,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _await(f"{address}health", server, Path(log.name))
            yield address
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
    return port


def _await(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(address, timeout=10):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    raise AssertionError(f"MLflow's server does not answer:\n{log.read_text()}")
