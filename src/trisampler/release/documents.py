"""The documents of a bundle: one Parquet file, of which only what is shown is read.

Shapes: N documents, n rows asked for.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from trisampler.corpora.documents import document_texts
from trisampler.hashing import digest_text

if TYPE_CHECKING:
    import pyarrow as pa

# Documents that are read to show one of them.
_GROUP = 512
_COLUMNS = ["doc_id", "title", "text"]
_DIGEST = "digest"
_WHOLE = "document_id"


class DocumentTable:
    """Titles and texts by row, through a file that stays open whatever takes its place.

    Args:
        file: what `write_documents` wrote.
    """

    def __init__(self, file: Path) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetFile(file, memory_map=True)
        groups = self._file.metadata.num_row_groups
        sizes = [self._file.metadata.row_group(group).num_rows for group in range(groups)]
        self._first_rows = np.cumsum([0, *sizes])

    def __len__(self) -> int:
        return int(self._first_rows[-1])

    def whole_documents(self) -> pl.Series | None:
        """The id of the document that each row is a passage of; None where none is."""
        if _WHOLE not in self._file.schema_arrow.names:
            return None
        read = pl.from_arrow(self._file.read(columns=[_WHOLE]))
        assert isinstance(read, pl.DataFrame)
        return read[_WHOLE]

    def rows(self, rows_n: np.ndarray) -> pl.DataFrame:
        """doc_id, title and text of some rows, in the order of `rows_n`."""
        wanted, places_n = np.unique(rows_n, return_inverse=True)
        groups = np.searchsorted(self._first_rows, wanted, side="right") - 1
        found = [self._rows_of(int(group), wanted[groups == group]) for group in np.unique(groups)]
        if not found:
            return pl.DataFrame(schema=dict.fromkeys(_COLUMNS, pl.String))
        return pl.concat(found)[places_n.reshape(-1)]

    def _rows_of(self, group: int, wanted: np.ndarray) -> pl.DataFrame:
        table: pa.Table = self._file.read_row_group(group, columns=_COLUMNS)
        read = pl.from_arrow(table.take(wanted - self._first_rows[group]))
        assert isinstance(read, pl.DataFrame)
        return read


def write_documents(
    corpus: pl.DataFrame, digests: pl.Series, file: Path, passages: pl.DataFrame | None = None
) -> None:
    """Write documents and digests in groups small enough to read one for a single document.

    Where some are passages, the ids of the documents that they are parts of stand beside them.
    """
    table = corpus.select(_COLUMNS).with_columns(digests.alias(_DIGEST))
    if passages is not None and not passages.is_empty():
        whole = table.join(passages, on="doc_id", how="left", maintain_order="left")
        table = whole.with_columns(pl.coalesce(_WHOLE, "doc_id").alias(_WHOLE))
    table.rechunk().write_parquet(file, row_group_size=_GROUP)


def read_digests(file: Path) -> pl.DataFrame:
    """Ids and digests of the texts in what `write_documents` wrote: `doc_id`, `digest`."""
    return pl.read_parquet(file, columns=["doc_id", _DIGEST])


def text_digests(corpus: pl.DataFrame) -> pl.Series:
    """The digest (Binary) of what the encoder reads of each document."""
    digests = [digest_text(text) for text in document_texts(corpus)]
    return pl.Series(_DIGEST, digests, dtype=pl.Binary)


def corpus_digest(corpus: pl.DataFrame) -> str:
    """SHA-256 (hex) over id, title and text of each document, in the order of rows."""
    digest = hashlib.sha256()
    for row in corpus.select(_COLUMNS).iter_rows():
        for part in row:
            encoded = part.encode()
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return digest.hexdigest()
