"""What computes here, and how fast."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from trisampler.installation.finding import Finding

if TYPE_CHECKING:
    import torch

_SIZE = 1024  # of the square matrices that are multiplied
_REPEATS = 5
_CGROUP = Path("/sys/fs/cgroup")
_BUSY = 1.5  # processes that want a processor, times the processors


def check_threads() -> Iterator[Finding]:
    """Whether torch and FAISS use all processors there are, and no more."""
    import faiss
    import torch

    processors = usable_processors()
    used = {"torch": torch.get_num_threads(), "FAISS": int(faiss.omp_get_max_threads())}
    found = f"{processors} to use; " + ", ".join(
        f"{name} uses {threads}" for name, threads in used.items()
    )
    asked = os.environ.get("OMP_NUM_THREADS")
    because = f" (OMP_NUM_THREADS={asked})" if asked else ""
    if min(used.values()) < processors:
        remedy = "unset OMP_NUM_THREADS" if asked else f"export OMP_NUM_THREADS={processors}"
        yield Finding("slow", "processors", found + because, remedy)
    elif max(used.values()) > processors:
        remedy = f"export OMP_NUM_THREADS={processors}: threads take turns on too few processors"
        yield Finding("slow", "processors", found + because, remedy)
    else:
        yield Finding("ok", "processors", found)
    load = os.getloadavg()[0]
    if load > _BUSY * processors:
        found = f"{load:.1f} processes want a processor, on {processors}"
        yield Finding("slow", "load", found, "Timings are of a busy machine: let the others end.")


def usable_processors() -> int:
    """How many this process may use: by affinity, and by a container's quota where there is one."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, math.ceil(min(allowed or 1, _quota())))


def _quota() -> float:
    """Processors that the control group grants; infinite where it does not limit them."""
    try:
        granted, period = (_CGROUP / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return math.inf
    return math.inf if granted == "max" else int(granted) / int(period)


def check_precision() -> Iterator[Finding]:
    """Which number format is fast here, measured on matrix products."""
    import torch

    from trisampler.encoders.precision import cpu_computes_bfloat16

    single = _gflops(torch.float32)
    if not cpu_computes_bfloat16():
        yield Finding(
            "slow",
            "bfloat16",
            f"emulated: this processor has no AVX512-BF16 or AMX (or torch does not see it), so "
            f"encoding and training compute in float32, at {single:.0f} GFLOP/s",
            "Leave precision at auto. A GPU, or a processor that has them, is two to ten times as "
            "fast.",
        )
        return
    half = _gflops(torch.bfloat16)
    found = f"in hardware: {half:.0f} GFLOP/s; float32 {single:.0f} ({half / single:.1f} times)"
    if half < single:
        remedy = "Set precision to float32, or let other processes end and look again."
        yield Finding("slow", "bfloat16", found, remedy)
    else:
        yield Finding("ok", "bfloat16", found)


def _gflops(dtype: torch.dtype) -> float:
    """Thousand million operations a second in products of this type: the best of some."""
    import torch

    matrix = torch.ones(_SIZE, _SIZE, dtype=dtype)
    matrix @ matrix
    seconds = []
    for _ in range(_REPEATS):
        started = perf_counter()
        matrix @ matrix
        seconds.append(perf_counter() - started)
    return 2 * _SIZE**3 / min(seconds) / 1e9


def check_gpu() -> Iterator[Finding]:
    """Whether a GPU is there that torch cannot use."""
    import torch

    if torch.cuda.is_available():
        yield Finding("ok", "GPU", torch.cuda.get_device_name(0))
    elif torch.backends.mps.is_available():
        yield Finding("ok", "GPU", "Apple's, by MPS")
    elif Path("/dev/nvidia0").exists():
        yield Finding(
            "slow",
            "GPU",
            f"there is one, and torch {torch.__version__} does not use it",
            "Install a torch with CUDA, and a driver that it knows (nvidia-smi names it).",
        )
    else:
        yield Finding("note", "GPU", "none: encoding and training run on the processor")


def check_faiss() -> Iterator[Finding]:
    """Which instructions FAISS was loaded for."""
    import faiss

    options = faiss.get_compile_options().split()
    found = f"{faiss.__version__}, {' '.join(options)}"
    if any(option.startswith(("AVX2", "AVX512", "NEON", "SVE")) for option in options):
        yield Finding("ok", "FAISS", found)
    else:
        yield Finding(
            "slow", "FAISS", f"{found}: no AVX2", "pip install --force-reinstall faiss-cpu"
        )
