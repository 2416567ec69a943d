"""A table built row by row, held as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

_CHUNK = 1 << 16


class RowBuffer:
    """Collects tuples and turns each chunk of them into columns, so that few tuples live at once.

    Args:
        schema: names and types of the columns, in the order of the tuples.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = dict(schema)
        self._pending: list[tuple[Any, ...]] = []
        self._chunks = [pl.DataFrame(schema=self._schema)]

    def append(self, row: tuple[Any, ...]) -> None:
        """Add one row."""
        self._pending.append(row)
        if len(self._pending) >= _CHUNK:
            self._flush()

    def table(self) -> pl.DataFrame:
        """All rows so far, in the order they came."""
        self._flush()
        return pl.concat(self._chunks)

    def _flush(self) -> None:
        if self._pending:
            self._chunks.append(pl.DataFrame(self._pending, schema=self._schema, orient="row"))
            self._pending.clear()
