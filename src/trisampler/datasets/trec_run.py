"""A ranking as a TREC run file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import TablePreview

from trisampler.datasets.shown import shown_path

if TYPE_CHECKING:
    import polars as pl


class TrecRunDataset(AbstractDataset["pl.DataFrame", "pl.DataFrame"]):
    """A run table, stored in the six columns of TREC with strictly decreasing scores.

    Args:
        filepath: The file.
        tag: The system's name, the run file's last column.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    def __init__(self, *, filepath: str, tag: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self._tag = tag
        self.metadata = metadata

    def load(self) -> pl.DataFrame:
        """The run table: query_id, doc_id, rank, score."""
        from trisampler.evaluation.runs import read_trec_run

        return read_trec_run(self._filepath)

    def save(self, data: pl.DataFrame) -> None:
        """Write the run whole."""
        from trisampler.evaluation.runs import write_trec_run

        write_trec_run(self._filepath, data, self._tag)

    def preview(self, rows: int = 20) -> TablePreview:
        """The first rows, for kedro-viz."""
        table = self.load().head(rows)
        return TablePreview(
            {
                "index": list(range(table.height)),
                "columns": table.columns,
                "data": [list(row) for row in table.rows()],
            }
        )

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": shown_path(self._filepath), "tag": self._tag}
