"""Tables of row numbers as datasets of texts, a slice at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from trisampler.exports.errors import ExportError
from trisampler.extras import install_extra

if TYPE_CHECKING:
    import datasets
    from numpy.typing import NDArray

_ROWS_AT_ONCE = 16_384
# Arrow counts a string column's bytes in 32 bits: a slice must stay below 2 GB.
_BYTES_AT_ONCE = 1 << 30


def text_dataset(rows: pl.DataFrame, texts: Mapping[str, pl.Series]) -> datasets.Dataset:
    """The table as a dataset, with row numbers replaced by the texts they stand for.

    Args:
        rows: columns of row numbers or of lists of them, for those that `texts` name; other
            columns stay.
        texts: by column, all texts that its numbers can mean.

    Raises:
        ExportError: the package `datasets` is not there.
    """
    try:
        import datasets
        import pyarrow as pa
    except ImportError as error:
        raise ExportError(
            f"a dataset needs the package {error.name}: {install_extra('exports')}"
        ) from error
    sizes = {name: _sizes(found) for name, found in texts.items()}
    slices = list(_slices(rows, sizes)) or [rows]
    tables = [
        pa.table(
            {
                column.name: _texts(column, texts[column.name])
                if column.name in texts
                else _values(column)
                for column in some
            }
        )
        for some in slices
    ]
    return datasets.Dataset(pa.concat_tables(tables))


def _slices(rows: pl.DataFrame, sizes: Mapping[str, NDArray[np.int64]]) -> Iterator[pl.DataFrame]:
    """All rows in turn, so few at once that their texts have no more bytes than may be, or one.

    Args:
        rows: as in `text_dataset`.
        sizes: by column, bytes of each of its texts.
    """
    for some in rows.iter_slices(_ROWS_AT_ONCE):
        ends_R = np.cumsum(sum(_bytes(some[name], of_texts) for name, of_texts in sizes.items()))
        start, before = 0, 0
        while start < some.height:
            end = int(np.searchsorted(ends_R, before + _BYTES_AT_ONCE, side="right"))
            end = max(end, start + 1)
            yield some[start:end]
            start, before = end, int(ends_R[end - 1])


def _sizes(texts: pl.Series) -> NDArray[np.int64]:
    return np.asarray(texts.str.len_bytes().to_numpy(), dtype=np.int64)


def _bytes(rows: pl.Series, of_texts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bytes of the texts of each row."""
    if rows.dtype != pl.List:
        return np.asarray(of_texts[rows.to_numpy()])
    ends = np.concatenate([[0], np.cumsum(of_texts[rows.explode().to_numpy()])])
    return np.diff(ends[_offsets(rows)])


def _offsets(rows: pl.Series) -> NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(rows.list.len().to_numpy())]).astype(np.int32)


def _texts(rows: pl.Series, texts: pl.Series) -> Any:
    import pyarrow as pa

    if rows.dtype != pl.List:
        return texts.gather(rows).to_arrow().cast(pa.string())
    return pa.ListArray.from_arrays(_offsets(rows), _texts(rows.explode(), texts))


def _values(column: pl.Series) -> Any:
    import pyarrow as pa

    values = column.to_arrow()
    return values.cast(pa.list_(values.type.value_type)) if column.dtype == pl.List else values
