"""One progress bar for all long work: done, rate and time left."""

from __future__ import annotations

import sys

from tqdm import tqdm


def progress_bar(total: int, description: str, unit: str) -> tqdm[None]:
    """A bar on standard error; where that is no terminal, a line every ten seconds at most."""
    terminal = sys.stderr.isatty()
    return tqdm(
        total=total,
        desc=description,
        unit=unit,
        dynamic_ncols=terminal,
        mininterval=0.2 if terminal else 10.0,
        file=sys.stderr,
    )
