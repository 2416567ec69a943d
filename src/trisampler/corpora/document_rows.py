"""The documents that a reader found: ids in memory, texts in blocks that need not be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from trisampler.corpora.blocks_on_disk import Blocks
from trisampler.corpora.errors import SourceError

DOCUMENT_ROWS = {"doc_id": pl.String, "title": pl.String, "text": pl.String, "line": pl.UInt32}
_ROWS = 1 << 16  # of a block, at most
_CHARACTERS = 16 << 20  # of a block's texts, or a few more
_IS_BLANK = (pl.col("title") == "") & (pl.col("text") == "")

DocumentRow = tuple[str, str, str, int | None]
"""Id, title, text and line (from 1) of a document; title and text are "" where they are blank."""


@dataclass(frozen=True)
class LocatedDocuments:
    """Documents of one file or folder.

    Attributes:
        name: of the file inside the source.
        path: of the file.
        index: doc_id (String), line (UInt32), blank (Boolean: neither title nor text), in the order
            of the source.
        blocks: DOCUMENT_ROWS of the same documents in the same order.
    """

    name: str
    path: Path
    index: pl.DataFrame
    blocks: Blocks

    def error(self, line: int | None, found: str, remedy: str) -> SourceError:
        """An error at a line of this file."""
        return SourceError.at(self.path, line, found, remedy)

    def leaving_out(self, chosen: pl.Expr) -> LocatedDocuments:
        """The same, those that an expression on the index chooses being blank in it."""
        index = self.index.with_columns(blank=pl.col("blank") | chosen)
        return replace(self, index=index)


class DocumentBuffer:
    """Collects documents, of which few are Python objects at once."""

    def __init__(self) -> None:
        self._pending: list[DocumentRow] = []
        self._characters = 0
        self._blocks = Blocks()
        self._index: list[pl.DataFrame] = []

    def append(self, row: DocumentRow) -> None:
        """Add one document.

        Raises:
            SourceError: there is no room for it on disk.
        """
        self._pending.append(row)
        self._characters += len(row[1]) + len(row[2])
        if len(self._pending) >= _ROWS or self._characters >= _CHARACTERS:
            self._flush()

    def located(self, name: str, path: Path) -> LocatedDocuments:
        """All documents so far, as those of a file."""
        self._flush()
        empty = pl.DataFrame(schema=DOCUMENT_ROWS)
        index = pl.concat([_index_of(empty), *self._index], rechunk=True)
        return LocatedDocuments(name, path, index, self._blocks)

    def _flush(self) -> None:
        if self._pending:
            block = pl.DataFrame(self._pending, schema=DOCUMENT_ROWS, orient="row")
            self._pending.clear()
            self._characters = 0
            self._index.append(_index_of(block))
            self._blocks.append(block)


def _index_of(block: pl.DataFrame) -> pl.DataFrame:
    # A gathered column has its own strings: it does not keep the block's texts alive.
    return block.select("doc_id", "line", blank=_IS_BLANK)
