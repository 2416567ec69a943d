"""Freed memory goes back to the system after a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trisampler.hooks import memory

ROOT = Path(__file__).parents[2]
# Blocks too small for a mapping of their own, freed but for one above them all: glibc keeps them.
_SCATTER = """
import ctypes
from benchmarks.process_status import process_status
from kedro.framework.hooks.manager import _create_hook_manager
from trisampler.hooks.memory import MemoryHooks

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
blocks = []
for _ in range(4096):
    block = libc.malloc(32 * 1024)
    ctypes.memset(block, 1, 32 * 1024)
    blocks.append(block)
for block in blocks[:-1]:
    libc.free(block)
hooks = _create_hook_manager()
hooks.register(MemoryHooks())
(before,) = process_status("RssAnon")
hooks.hook.{call}
(after,) = process_status("RssAnon")
print((before - after) / 1024)
"""


@pytest.mark.skipif(memory._trim() is None, reason="this C library cannot hand memory back")
@pytest.mark.parametrize(
    "call",
    [
        "after_pipeline_run(run_params=None, run_result=None, pipeline=None, catalog=None)",
        "on_pipeline_error(error=None, run_params=None, pipeline=None, catalog=None)",
    ],
)
def test_what_a_run_has_freed_goes_back_to_the_system(call: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _SCATTER.replace("{call}", call)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert float(told.stdout) > 100


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_trim", lambda: None)

    memory.release_freed_memory()
