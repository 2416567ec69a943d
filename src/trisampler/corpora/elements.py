"""The objects of a JSON list, read one at a time, or of a file of JSON lines."""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.jsonl import Record, read_records
from trisampler.corpora.opening import opened

_HEAD = 1 << 12  # bytes in which a file's first character is looked for


def read_elements(path: Path, repairs: Counter[str]) -> Iterator[Record]:
    """Yield the objects of a file that holds one JSON list, or an object on each line.

    Memory is that of one object.

    Raises:
        SourceError: broken JSON, or an element that is no object, by its number (from 1) or line.
    """
    with opened(path) as (file, _):
        is_list = file.read(_HEAD).removeprefix(BOM_UTF8).lstrip().startswith(b"[")
    return _read_list(path, repairs) if is_list else read_records(path, repairs)


def _read_list(path: Path, repairs: Counter[str]) -> Iterator[Record]:
    import ijson

    number = 0
    with opened(path) as (file, show_progress):
        _skip_byte_order_mark(file, repairs)
        try:
            for number, value in enumerate(ijson.items(file, "item", use_float=True), start=1):
                element = f"element {number}"
                if not isinstance(value, dict):
                    found = f"{element}: {shown(value)} is JSON but no object"
                    raise SourceError.at(path, None, found, "The list must hold objects alone")
                yield Record(value, path, None, repairs, within=element)
                show_progress()
        except ijson.JSONError as error:
            raise SourceError.at(
                path,
                None,
                f"broken JSON after element {number} ({_reason(error)})",
                "The file must be one JSON list of objects; one that was cut off must be fetched "
                "again",
            ) from error


def _skip_byte_order_mark(file: io.BufferedReader, repairs: Counter[str]) -> None:
    if file.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
        file.read(len(BOM_UTF8))
        repairs["byte_order_mark"] += 1


def _reason(error: Exception) -> str:
    """What the parser says, without the picture of the place that it adds."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return text.partition("\n")[0].rstrip(".")
