"""Tables of row numbers as datasets of texts, a slice at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from trisampler.exports.errors import ExportError

if TYPE_CHECKING:
    import datasets

# Arrow counts a string column's bytes in 32 bits: a slice must stay below 2 GB.
_ROWS_AT_ONCE = 16_384


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
            f"a dataset needs the package {error.name}: pip install 'trisampler[exports]'"
        ) from error
    slices = list(rows.iter_slices(_ROWS_AT_ONCE)) or [rows]
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


def _texts(rows: pl.Series, texts: pl.Series) -> Any:
    import pyarrow as pa

    if rows.dtype != pl.List:
        return texts.gather(rows).to_arrow().cast(pa.string())
    offsets = np.concatenate([[0], np.cumsum(rows.list.len().to_numpy())]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, _texts(rows.explode(), texts))


def _values(column: pl.Series) -> Any:
    import pyarrow as pa

    values = column.to_arrow()
    return values.cast(pa.list_(values.type.value_type)) if column.dtype == pl.List else values
