"""One progress bar for all long work: done, rate and time left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from tqdm import tqdm


_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


class _Lines:
    """A log in place of a terminal: each state of the bar is a line of its own.

    Args:
        stream: Where the lines go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        line = text.strip("\r\n ")
        if line:
            self._stream.write(f"{line}\n")

    def flush(self) -> None:
        self._stream.flush()


def progress_bar(total: int, description: str, unit: str, *, shown: bool = True) -> tqdm[Any]:
    """A bar on standard error; where that is no terminal, a line every ten seconds at most.

    Args:
        total: how many units there are.
        description: what is done.
        unit: what is counted.
        shown: false where another process shows the same.
    """
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    bar: tqdm[Any] = tqdm(
        total=total,
        desc=description,
        unit=unit,
        disable=_quiet.get() or not shown,
        dynamic_ncols=terminal,
        ascii=None if terminal else "-#",
        mininterval=0.2 if terminal else 10.0,
        file=sys.stderr if terminal else _Lines(sys.stderr),
    )
    return bar


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Inside, none is shown: whoever asked for the work shows how far it is."""
    before = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(before)
