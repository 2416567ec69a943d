"""Rankings as tables and as TREC run files, in one order that every tool agrees on.

trec_eval orders by score, held as float32, and breaks ties by document id, both descending. MS
MARCO's script breaks ties the other way. So scores are made strictly decreasing in float32: then
there are no ties to break, whoever reads them in whatever precision.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from trisampler.atomic import replaced_file
from trisampler.evaluation.errors import RunFileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUN_SCHEMA = pl.Schema(
    {"query_id": pl.String, "doc_id": pl.String, "rank": pl.Int32, "score": pl.Float32}
)
_PARSED_SCHEMA = pl.Schema(
    {"line": pl.Int64, "query_id": pl.String, "doc_id": pl.String, "score": pl.Float64}
)
_LINES_PER_BLOCK = 200_000
# White space separates the columns of a run file, so that no id may hold any.
_SEPARATORS = r"[\s\x00-\x20]"
_LARGEST_SUBNORMAL_BITS = 0x007FFFFF


def strictly_decreasing(run: pl.DataFrame) -> pl.DataFrame:
    """The ranking of `run` with scores that decrease strictly in float32, and ranks from 1.

    The order is trec_eval's: score as float32 descending, then document id descending. A score is
    lowered only where it does not lie below the one before, and then to the next normal float32
    (subnormal numbers are zero to programs that flush them). Applying this twice changes nothing.

    Args:
        run: query_id, doc_id, score (float or integer); a rank column is ignored.

    Returns:
        The columns and types of `RUN_SCHEMA`, by query_id, then rank.

    Raises:
        RunFileError: A score is missing or not finite, or a query holds a document twice.
    """
    _check_pairs(run)
    ordered = run.select("query_id", "doc_id", pl.col("score").cast(pl.Float32, strict=False))
    ordered = ordered.sort("query_id", "score", "doc_id", descending=[False, True, True])
    _check_finite(ordered)
    keyed = ordered.with_columns(pl.Series("key", _order_keys(ordered["score"].to_numpy())))
    position = pl.int_range(pl.len(), dtype=pl.Int64)
    # key_i = min(own_i, key_(i-1) - 1)  <=>  key_i + i = the running minimum of own_i + i
    lowered = keyed.select(
        "query_id",
        "doc_id",
        (position + 1).over("query_id").cast(pl.Int32).alias("rank"),
        ((pl.col("key") + position).cum_min() - position).over("query_id").alias("key"),
    )
    ranked = lowered.select(
        "query_id", "doc_id", "rank", pl.Series("score", _scores_at(lowered["key"].to_numpy()))
    )
    _check_finite(ranked)
    return ranked


def write_trec_run(path: Path, run: pl.DataFrame, tag: str) -> None:
    """Write `query_id Q0 doc_id rank score tag` lines, whole or not at all.

    Args:
        path: The file.
        run: As for `strictly_decreasing`, which is applied.
        tag: The system's name.

    Raises:
        RunFileError: An id or the tag is empty or holds white space, or the run is no ranking.
    """
    with replaced_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(trec_blocks(run, tag))


def trec_blocks(run: pl.DataFrame, tag: str) -> Iterator[str]:
    """What `write_trec_run` writes, many lines at a time, for a stream.

    Raises:
        RunFileError: As there, before the first block.
    """
    ordered = strictly_decreasing(run)
    _check_writable(ordered, tag)
    columns = ("query_id", "iteration", "doc_id", "rank", "score", "tag")
    lines = ordered.with_columns(iteration=pl.lit("Q0"), tag=pl.lit(tag)).select(columns)
    for block in lines.iter_slices(_LINES_PER_BLOCK):
        yield block.write_csv(include_header=False, separator=" ", quote_style="never")


def read_trec_run(path: Path) -> pl.DataFrame:
    """Read a TREC run file, ours or another tool's.

    The file's own rank column is ignored, as trec_eval ignores it: scores make the ranking. A
    byte-order mark, blank lines and Windows line ends are accepted.

    Returns:
        The run as `strictly_decreasing` gives it.

    Raises:
        RunFileError: Naming file and line: not six columns, a score that is no finite number, a
            document twice for one query, invalid UTF-8; or there is no such file.
    """
    if not path.is_file():
        raise RunFileError(f"No run file at {path}.")
    with path.open("rb") as file:
        if file.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
            file.read(len(BOM_UTF8))
        numbered = ((number, line) for number, line in enumerate(file, start=1) if line.strip())
        blocks = list(_parse_blocks(path, numbered))
    table = pl.concat([pl.DataFrame(schema=_PARSED_SCHEMA), *blocks])
    repeated = table.filter(pl.struct("query_id", "doc_id").is_first_distinct().not_())
    if not repeated.is_empty():
        line, query_id, doc_id, _ = repeated.row(0)
        raise RunFileError(
            f"{path}:{line}: document {doc_id!r} a second time for query {query_id!r}. "
            "A ranking holds a document once: remove one of the two lines."
        )
    return strictly_decreasing(table)


def _parse_blocks(path: Path, numbered: Iterator[tuple[int, bytes]]) -> Iterator[pl.DataFrame]:
    while block := list(islice(numbered, _LINES_PER_BLOCK)):
        rows = [_parse_line(path, number, line) for number, line in block]
        yield pl.DataFrame(rows, schema=_PARSED_SCHEMA, orient="row")


def _parse_line(path: Path, number: int, line: bytes) -> tuple[int, str, str, float]:
    fields = line.split()
    if len(fields) != 6:
        raise RunFileError(
            f"{path}:{number}: {len(fields)} columns where a run file has 6: "
            "query_id Q0 doc_id rank score tag, separated by white space."
        )
    try:
        score = float(fields[4])
    except ValueError:
        score = float("nan")
    if not abs(score) < float("inf"):
        found = fields[4].decode(errors="replace")
        raise RunFileError(
            f"{path}:{number}: score {found!r} (column 5) where a finite number stands."
        )
    try:
        return number, fields[0].decode(), fields[2].decode(), score
    except UnicodeDecodeError as error:
        raise RunFileError(
            f"{path}:{number}: not UTF-8 ({error.reason}). Convert the file to UTF-8."
        ) from None


def _check_pairs(run: pl.DataFrame) -> None:
    repeated = run.filter(pl.struct("query_id", "doc_id").is_duplicated())
    if not repeated.is_empty():
        raise RunFileError(
            f"Document {repeated['doc_id'][0]!r} stands twice in the ranking of query "
            f"{repeated['query_id'][0]!r}."
        )
    missing = run.filter(pl.col("score").is_null())
    if not missing.is_empty():
        raise RunFileError(
            f"Document {missing['doc_id'][0]!r} has no score for query {missing['query_id'][0]!r}."
        )


def _check_finite(run: pl.DataFrame) -> None:
    outside = run.filter(pl.col("score").is_finite().not_())
    if not outside.is_empty():
        raise RunFileError(
            f"The score of document {outside['doc_id'][0]!r} for query "
            f"{outside['query_id'][0]!r} is not a finite float32 number."
        )


def _check_writable(run: pl.DataFrame, tag: str) -> None:
    if not tag or re.search(_SEPARATORS, tag):
        raise RunFileError(f"The tag {tag!r} of a run file must be a word without white space.")
    for column in ("query_id", "doc_id"):
        ids = run[column]
        unfit = ids.filter(ids.str.contains(_SEPARATORS) | (ids == ""))
        if len(unfit):
            raise RunFileError(
                f"{column} {unfit[0]!r} cannot stand in a TREC run file, whose columns are "
                "separated by white space: give it an id without any."
            )


def _order_keys(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Integers in the order of `scores`: consecutive for normal neighbours, 0 for zero."""
    bits = np.abs(scores).view(np.int32).astype(np.int64)
    magnitude = np.maximum(bits - _LARGEST_SUBNORMAL_BITS, 0)
    return np.where(np.signbit(scores), -magnitude, magnitude)


def _scores_at(keys: NDArray[np.int64]) -> NDArray[np.float32]:
    """The inverse of `_order_keys`."""
    magnitude = np.abs(keys)
    bits = np.where(magnitude == 0, 0, magnitude + _LARGEST_SUBNORMAL_BITS).astype(np.int32)
    return np.copysign(bits.view(np.float32), np.where(keys < 0, -1, 1).astype(np.float32))
