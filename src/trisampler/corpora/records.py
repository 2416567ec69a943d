"""Records of a table, whatever kind of file it is: JSON lines, CSV, TSV, Parquet or Arrow.

A row of a table without lines (Parquet, Arrow) is told by its number, from 1, as a line is.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from trisampler.corpora.blocks import read_blocks
from trisampler.corpora.elements import read_elements
from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.jsonl import Record, read_records
from trisampler.corpora.lines import whole_lines_of
from trisampler.corpora.naming import has_ending
from trisampler.corpora.opening import unpacked_ending

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow")
_ROWS_AT_ONCE = 1 << 12
_LONGEST_FIELD = 1 << 28  # characters; a quotation mark that is never closed takes all that follows


class _Delimited(NamedTuple):
    name: str
    separator: str
    quoting: Literal[0, 3]
    remedy: str


_CSV = _Delimited(
    "CSV",
    ",",
    csv.QUOTE_MINIMAL,
    "Put quotation marks around texts that hold commas or line ends, close each, and double those "
    "inside",
)
# Texts that nobody quoted begin with quotation marks too, and may never close them.
_TSV = _Delimited(
    "TSV",
    "\t",
    csv.QUOTE_NONE,
    "Write texts that hold tabs or line ends as CSV or JSON lines",
)


def read_table(path: Path, repairs: Counter[str]) -> Iterator[Record]:
    """Yield one record for each row.

    CSV is RFC 4180's. Between tabs quotation marks are text, but for those of a value that is
    quoted and has doubled ones inside, which is counted. Both have a header.

    Memory is that of some thousands of rows.

    Raises:
        SourceError: the file is not what its name says, or a row that does not fit its header.
    """
    ending = unpacked_ending(path.name)
    if ending == ".csv":
        return _read_delimited(path, repairs, _CSV)
    if ending == ".tsv":
        return map(_unquoted, _read_delimited(path, repairs, _TSV))
    if ending in (".parquet", ".arrow"):
        return _read_columns(path, repairs)
    return read_elements(path, repairs) if ending == ".json" else read_records(path, repairs)


def is_table(name: str) -> bool:
    """Whether a file of this name can be read as a table."""
    return has_ending(name, TABLES)


def _read_delimited(path: Path, repairs: Counter[str], form: _Delimited) -> Iterator[Record]:
    """The rows below a header."""
    csv.field_size_limit(_LONGEST_FIELD)
    lines = _lines(path, repairs)
    rows = csv.reader(lines, delimiter=form.separator, quoting=form.quoting, strict=True)
    start = 0
    header: list[str] = []
    try:
        for row in rows:
            first, start = start + 1, rows.line_num
            if not row:
                repairs["blank_lines"] += 1
            elif not header:
                header = _checked_header(path, row)
            elif len(row) != len(header):
                found = f"{len(row)} columns, and the header has {len(header)} ({shown(row)})"
                remedy = f"Give each row a value for each column. {form.remedy}"
                raise SourceError.at(path, first, found, remedy)
            else:
                yield Record(dict(zip(header, row, strict=True)), path, first, repairs)
    except csv.Error as error:
        found = f"broken {form.name} ({error})"
        raise SourceError.at(path, start + 1, found, form.remedy) from error


def _unquoted(record: Record) -> Record:
    """The record with what programs that quote meant by `"He said ""hi"" there"`."""
    read = {
        name: value[1:-1].replace('""', '"')
        for name, value in record.fields.items()
        if _is_quotation(value)
    }
    if not read:
        return record
    record.repairs["quotations_read"] += 1
    return replace(record, fields=record.fields | read)


def _is_quotation(value: str) -> bool:
    """Whether it is quoted for the marks inside, all of which are doubled."""
    inner = value[1:-1]
    quoted = value.startswith('"') and value.endswith('"') and '""' in inner
    return quoted and '"' not in inner.replace('""', "")


def _checked_header(path: Path, row: list[str]) -> list[str]:
    header = [name.strip() for name in row]
    if len(set(header)) < len(header):
        found = f"the header names a column twice: {shown(header)}"
        raise SourceError.at(path, 1, found, "Give each column its own name")
    return header


def _lines(path: Path, repairs: Counter[str]) -> Iterator[str]:
    for block in read_blocks(path):
        for _, line in whole_lines_of(block, path, repairs):
            yield line


def _read_columns(path: Path, repairs: Counter[str]) -> Iterator[Record]:
    import pyarrow as pa

    number = 0
    try:
        for batch in _batches(path):
            for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                for row in batch.slice(start, _ROWS_AT_ONCE).to_pylist():
                    number += 1
                    yield Record(row, path, number, repairs)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _not_columns(path, number, error) from error
    except OSError as error:
        if error.errno is not None:  # of the file system
            raise
        raise _not_columns(path, number, error) from error


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, or of an Arrow file or stream."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix.lower() == ".parquet":
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=_ROWS_AT_ONCE)
        return
    with pa.memory_map(str(path)) as mapped:
        try:
            reader: Any = pa.ipc.open_stream(mapped)
        except pa.ArrowInvalid:
            mapped.seek(0)
            file = pa.ipc.open_file(mapped)
            yield from (file.get_batch(number) for number in range(file.num_record_batches))
        else:
            yield from reader


def _not_columns(path: Path, number: int, error: Exception) -> SourceError:
    reason = str(error).partition("\n")[0].rstrip(".")
    return SourceError.at(
        path,
        None,
        f"cannot be read as {path.suffix[1:]} after row {number} ({shown(reason)})",
        "Write the file again, or fetch it again",
    )
