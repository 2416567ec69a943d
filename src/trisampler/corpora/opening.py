"""Files opened as they are, or unpacked where their name ends in .gz."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, cast

from trisampler.corpora.errors import SourceError
from trisampler.progress import progress_bar

_WORTH_A_BAR = 64 << 20  # bytes; a smaller file is read before a bar could be looked at


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], None]]]:
    """Yield the unpacked file, and what to call now and then while it is read.

    That call moves a bar on, which a large file has; it counts bytes on disk.

    Raises:
        SourceError: a .gz file that is no gzip, is damaged or was cut off.
    """
    size = path.stat().st_size
    bar = progress_bar(size, f"Reading {path.name}", "B") if size >= _WORTH_A_BAR else None
    with path.open("rb") as packed, nullcontext() if bar is None else bar:

        def show_progress() -> None:
            if bar is not None:
                bar.update(packed.tell() - bar.n)

        file = cast("IO[bytes]", gzip.GzipFile(fileobj=packed)) if path.suffix == ".gz" else packed
        try:
            yield file, show_progress
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceError.at(
                path, None, f"cannot be unpacked ({error})", "Fetch the file again, or unpack it"
            ) from error
