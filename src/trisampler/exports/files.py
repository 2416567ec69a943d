"""Files that other toolkits read: streamed, whole or not at all, compressed by name."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from trisampler.atomic import link_target, replaced_file


class Exported(NamedTuple):
    """What an export holds.

    Attributes:
        examples: how many are in it.
        left_out: how many are not, having no negatives, which the toolkit cannot do without.
        unscored: pairs and negatives that are not, the teacher's scores being asked for and none
            being there.
    """

    examples: int
    left_out: int = 0
    unscored: int = 0


@contextmanager
def text_file(path: Path | str) -> Iterator[TextIO]:
    """A new UTF-8 file, in place at `path` once the block ends without an exception.

    It is compressed where its name ends in .gz; the same text is then the same bytes at any time.
    A link stays, and what it points to is replaced.
    """
    target = Path(path)
    with replaced_file(link_target(target)) as temporary, ExitStack() as files:
        raw: Any = files.enter_context(temporary.open("wb"))
        if target.suffix == ".gz":
            raw = files.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
        yield files.enter_context(io.TextIOWrapper(raw, encoding="utf-8", newline="\n"))


def write_lines(file: TextIO, records: Iterable[dict[str, Any]]) -> int:
    """Write one line of JSON a record; returns how many there were."""
    written = 0
    for record in records:
        file.write(as_json(record) + "\n")
        written += 1
    return written


def as_json(value: dict[str, Any]) -> str:
    """One line of JSON, without a line end."""
    return json.dumps(value, ensure_ascii=False)
