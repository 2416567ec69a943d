"""The corpus of a collection: documents sorted by id, in memory or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from trisampler.corpora.blocks_on_disk import Blocks
from trisampler.corpora.document_rows import LocatedDocuments

_COLUMNS = ["doc_id", "title", "text"]
_PART = 64 << 20  # bytes of documents sorted at once, where they are not in memory together


class Corpus:
    """Documents that are not blank, sorted by id.

    Attributes:
        ids: doc_id (String) of each, in order.
        passages: doc_id, document_id (String): those that are passages, and of which document.
    """

    def __init__(self, ids: pl.Series, passages: pl.DataFrame, parts: list[Blocks]) -> None:
        self.ids = ids
        self.passages = passages
        self._parts = parts

    @property
    def height(self) -> int:
        """How many documents there are."""
        return len(self.ids)

    def tables(self) -> Iterator[pl.DataFrame]:
        """doc_id, title and text (String), part by part in order."""
        for blocks in self._parts:
            yield pl.concat(list(blocks)).select(_COLUMNS).sort("doc_id")

    def table(self) -> pl.DataFrame:
        """All of them as one table in memory."""
        return pl.concat(self.tables(), rechunk=True)

    def write_parquet(self, path: Path) -> None:
        """Write them to a Parquet file; memory is that of one part."""
        if len(self._parts) == 1:
            self.table().write_parquet(path)
            return
        import pyarrow.parquet as pq

        writer = None
        try:
            for table in self.tables():
                rows = table.to_arrow()
                writer = writer or pq.ParquetWriter(path, rows.schema, compression="zstd")
                writer.write_table(rows)
        finally:
            if writer is not None:
                writer.close()


def sort_documents(documents: LocatedDocuments, passages: pl.DataFrame) -> Corpus:
    """Sort documents by id, blank ones left out; ids are unique.

    Where they are not in memory they are sorted in two passes: each goes to the part that its rank
    falls into, and parts are sorted one by one.

    Args:
        documents: what is sorted.
        passages: doc_id, document_id, as the corpus tells them.

    Raises:
        SourceError: there is no room on disk.
    """
    kept_N = ~documents.index["blank"].to_numpy()
    ids = documents.index["doc_id"].filter(documents.index["blank"].not_())
    order_M = ids.arg_sort().to_numpy()
    count = -(-documents.blocks.bytes // _PART) if documents.blocks.on_disk else 1
    count = max(1, min(count, len(order_M)))
    part_N = np.full(len(kept_N), -1, dtype=np.int32)
    part_M = np.empty(len(order_M), dtype=np.int32)
    part_M[order_M] = np.arange(len(order_M), dtype=np.int64) * count // len(order_M)
    part_N[kept_N] = part_M
    parts = [Blocks(0 if documents.blocks.on_disk else None) for _ in range(count)]
    start = 0
    for block in documents.blocks:
        part_n = pl.Series(part_N[start : start + block.height])
        start += block.height
        for number in part_n.unique().sort():
            if number >= 0:
                parts[number].append(block.filter(part_n == number))
    return Corpus(ids.gather(order_M), passages, parts)
