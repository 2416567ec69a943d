"""Single-file datasets of kedro-datasets, saved to a temporary name and renamed.

A reader never meets half a file: what stands at the path is the former artifact or the new one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kedro_datasets.json import JSONDataset
from kedro_datasets.matplotlib import MatplotlibDataset
from kedro_datasets.polars import EagerPolarsDataset
from kedro_datasets.text import TextDataset

from trisampler.atomic import replaced_file, write_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class WritesParquet(Protocol):
    """A table that writes itself: a polars table, or one that is not in memory."""

    def write_parquet(self, file: Path, /) -> None:
        """Write all rows to a file."""


class WholeTable(EagerPolarsDataset):
    """A table as one Parquet file, which is read as a polars table."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(filepath=filepath, file_format="parquet", metadata=metadata)

    def save(self, data: WritesParquet) -> None:
        """Write `data` to a temporary file and rename it."""
        with replaced_file(Path(self._filepath)) as temporary:
            data.write_parquet(temporary)
        self._invalidate_cache()


class WholeJSON(JSONDataset):
    """A JSON file, indented and key-sorted."""

    def save(self, data: Any) -> None:
        """Write `data` (anything JSON holds) to a temporary file and rename it."""
        write_json(Path(self._filepath), data)
        self._invalidate_cache()


class WholeText(TextDataset):
    """A UTF-8 text file: reports and model cards."""

    def save(self, data: str) -> None:
        """Write `data` to a temporary file and rename it."""
        with replaced_file(Path(self._filepath)) as temporary:
            temporary.write_text(data, encoding="utf-8")
        self._invalidate_cache()


class WholeFigure(MatplotlibDataset):
    """A matplotlib figure as a PNG, previewed by kedro-viz."""

    def save(self, data: Figure) -> None:
        """Draw `data` into a temporary file and rename it."""
        with replaced_file(Path(self._filepath)) as temporary:
            data.savefig(temporary, format="png", **self._save_args)
        self._invalidate_cache()
