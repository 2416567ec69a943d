"""A process that is asked to end comes to a good end, and in time."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

BEGIN = """
import ctypes, fcntl, os, signal, sys, time
from trisampler import interruption
from trisampler.interruption import Interrupted, before_leaving, interruptible, postponed

interruption._STEP_SECONDS, interruption._LEAVE_SECONDS = 1.0, 0.5
interruption._FAREWELL_SECONDS = 0.5
before_leaving(lambda: print("farewell", flush=True))

def ready():
    print("ready", flush=True)

def busy(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass

try:
    with interruptible():
{body}
except Interrupted as interrupted:
    print("interrupted", flush=True)
    sys.exit(interrupted.exit_code)
"""

BODIES = {
    "at once": """
        ready()
        time.sleep(60)
""",
    "at the end of a step": """
        with postponed() as interruption:
            ready()
            busy(0.8)
            print("step", flush=True)
            raise interruption() or SystemExit(9)
""",
    "in a step that lasts": """
        with postponed():
            ready()
            busy(60)
            print("step", flush=True)
""",
    # No signal gets into a computation: here a wait that the system takes up again.
    "in a computation": """
        handle, other = (os.open(sys.argv[0], os.O_RDONLY) for _ in range(2))
        fcntl.flock(handle, fcntl.LOCK_EX)
        signal.siginterrupt(signal.SIGTERM, False)
        signal.siginterrupt(signal.SIGINT, False)
        ready()
        ctypes.CDLL(None).flock(other, fcntl.LOCK_EX)
""",
}
SAID = {
    "at once": "farewell interrupted",
    "at the end of a step": "step farewell interrupted",
    "in a step that lasts": "farewell interrupted",
    "in a computation": "farewell",
}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("where", BODIES)
def test_it_ends(tmp_path: Path, where: str, number: signal.Signals) -> None:
    script = tmp_path / "script.py"
    script.write_text(BEGIN.replace("{body}", BODIES[where]))
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)  # to be in the midst of it
        process.send_signal(number)
        said = process.stdout.read().split()
        assert process.wait(30) == 128 + number
    assert " ".join(said) == SAID[where]
