"""Room on the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from trisampler.encoders.user_cache import user_cache
from trisampler.installation.finding import Finding

_GIB = 1 << 30
_LEAST = 2  # GiB
_LITTLE = 10
_WORTH_TELLING = 0.1


def check_disk(folder: Path) -> Iterator[Finding]:
    """Room where a run writes, and what the user's vector cache takes."""
    free = shutil.disk_usage(folder).free / _GIB
    found = f"{free:.0f} GiB free in {folder}"
    if free < _LEAST:
        remedy = "Vectors and checkpoints will soon not fit: make room."
        yield Finding("broken", "disk", found, remedy)
    else:
        yield Finding("note" if free < _LITTLE else "ok", "disk", found)
    cache = user_cache("vectors")
    taken = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file()) / _GIB
    if taken > _WORTH_TELLING:
        yield Finding("note", "vector cache", f"{taken:.1f} GiB in {cache}; may be deleted")
