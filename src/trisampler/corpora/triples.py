"""Triples of ids as MS MARCO's `qidpidtriples` has them: query, positive, negative; no header.

Such files have many lines, most of which repeat a positive. They are read in blocks, and of each
pair only its first line is kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from trisampler.corpora.blocks import Block, read_blocks
from trisampler.corpora.collection import Split
from trisampler.corpora.columns import columns_in
from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.lines import lines_of
from trisampler.corpora.naming import find_matching, only_one
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.source import LocatedRows, Source, SourceFiles

_ROWS = {
    "query_id": pl.String,
    "positive_id": pl.String,
    "negative_id": pl.String,
    "line": pl.UInt32,
}
_IDS = dict(list(_ROWS.items())[:3])
_PAIR = ["query_id", "doc_id"]
_COLUMNS = "The columns are the ids of query, positive and negative, separated by tabs"
_NAMES = "*triples*"
_FEW = 1 << 20  # rows; fewer are not worth looking for repetitions in


@dataclass(frozen=True)
class Triples:
    """What a file of triples says, each pair once, in the order of first lines.

    Attributes:
        positives: JUDGEMENT_ROWS, relevance 1.
        negatives: GIVEN_ROWS.
        lines: how many lines with a triple there are.
    """

    positives: LocatedRows
    negatives: LocatedRows
    lines: int


def find_triples(folder: Path) -> str | None:
    """The name of the folder's file of triples.

    Raises:
        SourceError: there are two.
    """
    return only_one(folder, find_matching(folder, _NAMES, (".tsv",)), "triples")


def with_triples(source: Source, files: SourceFiles) -> Source:
    """The source with the negatives of the triples, and their positives as training judgements."""
    name = find_triples(files.root)
    if name is None:
        return source
    triples = read_triples(name, files.paths[name], source.repairs[name])
    judged = "train" in source.judgements
    judgements: dict[Split, LocatedRows] = {"train": triples.positives}
    return replace(
        source,
        judgements=judgements | source.judgements,
        added_positives=triples.positives if judged else None,
        given_negatives=triples.negatives,
        details={
            "triples": {
                "lines": triples.lines,
                "positive_pairs": triples.positives.table.height,
                "negative_pairs": triples.negatives.table.height,
                "training_judgements": "added" if judged else "all",
            }
        },
    )


def read_triples(name: str, path: Path, repairs: Counter[str]) -> Triples:
    """Read a file of triples; memory is that of the different pairs in it.

    Columns after the third are counted and not read.

    Raises:
        SourceError: too few columns, or an id that is empty or holds white space.
    """
    ids = pl.Categorical(pl.Categories.random())
    positives, negatives, lines = _Pairs(ids), _Pairs(ids), 0
    for block in read_blocks(path):
        rows = _read_at_once(block)
        if rows is None:
            rows = _read_by_line(block, path, repairs)
        numbered = rows.cast({pl.String: ids})
        positives.add(numbered["query_id"], numbered["positive_id"], rows["line"])
        negatives.add(numbered["query_id"], numbered["negative_id"], rows["line"])
        lines += rows.height
    if not lines:
        raise SourceError.at(path, None, "the file has no triple", f"{_COLUMNS}; or remove it")
    relevant = positives.table().select(
        pl.col(_PAIR).cast(pl.String), relevance=pl.lit(1, dtype=pl.Int32), line="line"
    )
    return Triples(
        LocatedRows(name, path, relevant), LocatedRows(name, path, negatives.table()), lines
    )


class _Pairs:
    """Pairs of a query and a document as numbers, each with the first line it stood on."""

    def __init__(self, ids: pl.Categorical) -> None:
        self._ids = ids
        self._key_X: npt.NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._line_X: npt.NDArray[np.uint32] = np.empty(0, dtype=np.uint32)
        self._new: list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]] = []
        self._new_rows = 0

    def add(self, query_id: pl.Series, doc_id: pl.Series, line: pl.Series) -> None:
        """Add rows that stand on later lines than all before."""
        query_X = query_id.to_physical().to_numpy().astype(np.uint64)
        self._new.append(
            (query_X << np.uint64(32) | doc_id.to_physical().to_numpy(), line.to_numpy())
        )
        self._new_rows += len(line)
        if self._new_rows > max(_FEW, len(self._key_X)):
            self._forget_repeated()

    def table(self) -> pl.DataFrame:
        """GIVEN_ROWS with Categorical ids, in the order of lines."""
        self._forget_repeated()
        query_X = (self._key_X >> np.uint64(32)).astype(np.uint32)
        doc_X = self._key_X.astype(np.uint32)  # the lower half
        return pl.DataFrame(
            {
                "query_id": pl.Series(query_X).cat.to(self._ids),
                "doc_id": pl.Series(doc_X).cat.to(self._ids),
                "line": self._line_X,
            }
        )

    def _forget_repeated(self) -> None:
        key_X = np.concatenate([self._key_X, *(key_X for key_X, _ in self._new)])
        line_X = np.concatenate([self._line_X, *(line_X for _, line_X in self._new)])
        self._new.clear()
        self._new_rows = 0
        _, first = np.unique(key_X, return_index=True)
        first.sort()
        self._key_X, self._line_X = key_X[first], line_X[first]


def _read_at_once(block: Block) -> pl.DataFrame | None:
    """The rows of a block, or None where a line is not simply three ids and needs a look."""
    if any(mark in block.lines for mark in (b" ", b"\r", b"\xef\xbb\xbf")):
        return None
    try:
        rows = pl.read_csv(
            block.lines, separator="\t", has_header=False, quote_char=None, schema=_IDS
        )
    except pl.exceptions.PolarsError:
        return None
    lines = block.lines.count(b"\n") + (not block.lines.endswith(b"\n"))
    if rows.height != lines or sum(rows.null_count().row(0)):
        return None
    return rows.with_columns(line=pl.int_range(block.number, block.number + lines, dtype=pl.UInt32))


def _read_by_line(block: Block, path: Path, repairs: Counter[str]) -> pl.DataFrame:
    buffer = RowBuffer(_ROWS)
    for number, line in lines_of(block, path, repairs):
        columns = line.split("\t")
        if len(columns) < len(_IDS):
            raise SourceError.at(path, number, columns_in(columns, line), _COLUMNS)
        if len(columns) > len(_IDS):
            repairs["extra_columns"] += 1
        query_id, positive_id, negative_id = columns[: len(_IDS)]
        for identifier in (query_id, positive_id, negative_id):
            if identifier.split() != [identifier]:
                found = f"{shown(identifier)} is no id, in {shown(line)}"
                raise SourceError.at(path, number, found, f"{_COLUMNS}; texts cannot be read")
        buffer.append((query_id, positive_id, negative_id, number))
    return buffer.table()
