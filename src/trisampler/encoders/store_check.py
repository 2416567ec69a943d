"""Has a store changed since its checksums were last compared? Cheap to ask, dear to compare.

A full comparison reads every byte. Its outcome is kept in `checked.json` with the size and times of
each file, so that it is done again only after something else than our own commits touched them:
a crash, a copy, a restored backup, a stray write.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

from trisampler.atomic import write_json
from trisampler.encoders.store_format import COMMITS, DIGESTS, VECTORS

_STAMP = "checked.json"
# File systems count time in ticks of some milliseconds: a write in the tick of the stamp could not
# be told from one before it.
_TICK_SECONDS = 0.02


def _state(folder: Path) -> dict[str, list[int]]:
    found = {name: (folder / name).stat() for name in (VECTORS, DIGESTS, COMMITS)}
    return {name: [s.st_size, s.st_mtime_ns, s.st_ctime_ns] for name, s in found.items()}


def unchanged_since_check(folder: Path) -> bool:
    """Whether the files are those whose checksums were last found right."""
    try:
        stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        return bool(stamp == _state(folder))
    except (OSError, ValueError):
        return False


def state_to_check(folder: Path) -> dict[str, list[int]] | None:
    """The state to hand to `mark_checked`, taken before the checksums are compared."""
    with suppress(OSError):
        state = _state(folder)
        newest = max(max(times) for _, *times in state.values()) / 1e9
        time.sleep(min(_TICK_SECONDS, max(0.0, newest + _TICK_SECONDS - time.time())))
        return state
    return None


def mark_checked(folder: Path, state: dict[str, list[int]] | None) -> None:
    """Note that the checksums were right while the files were in `state`.

    A cache that cannot be written to is compared again each time; that is all.
    """
    if state is not None:
        with suppress(OSError):
            write_json(folder / _STAMP, state)
