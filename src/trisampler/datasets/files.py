"""Single-file datasets of kedro-datasets, saved to a temporary name and renamed.

A reader never meets half a file: what stands at the path is the former artifact or the new one.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from kedro_datasets.json import JSONDataset
from kedro_datasets.matplotlib import MatplotlibDataset
from kedro_datasets.polars import EagerPolarsDataset
from kedro_datasets.text import TextDataset

from trisampler.atomic import replaced_file, write_json
from trisampler.datasets.shown import shown_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class WritesParquet(Protocol):
    """A table that writes itself: a polars table, or one that is not in memory."""

    def write_parquet(self, file: Path, /) -> None:
        """Write all rows to a file."""


class _ShownInProject:
    """Names its file as it lies in the project."""

    _filepath: PurePosixPath

    def _describe(self) -> dict[str, Any]:
        described: dict[str, Any] = super()._describe()  # type: ignore[misc]
        return described | {"filepath": shown_path(Path(self._filepath))}


class WholeTable(_ShownInProject, EagerPolarsDataset):
    """A table as one Parquet file, which is read as a polars table."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(filepath=filepath, file_format="parquet", metadata=metadata)

    def save(self, data: WritesParquet) -> None:
        """Write `data` to a temporary file and rename it."""
        with replaced_file(Path(self._filepath)) as temporary:
            data.write_parquet(temporary)
        self._invalidate_cache()


class WholeJSON(_ShownInProject, JSONDataset):
    """A JSON file, indented and key-sorted."""

    def save(self, data: Any) -> None:
        """Write `data` (anything JSON holds) to a temporary file and rename it."""
        write_json(Path(self._filepath), data)
        self._invalidate_cache()


class WholeText(_ShownInProject, TextDataset):
    """A UTF-8 text file: reports and model cards."""

    def save(self, data: str) -> None:
        """Write `data` to a temporary file and rename it."""
        with replaced_file(Path(self._filepath)) as temporary:
            temporary.write_text(data, encoding="utf-8")
        self._invalidate_cache()


class WholeFigure(_ShownInProject, MatplotlibDataset):
    """A matplotlib figure as a PNG, previewed by kedro-viz."""

    def save(self, data: Figure) -> None:
        """Draw `data` into a temporary file and rename it."""
        with replaced_file(Path(self._filepath)) as temporary:
            data.savefig(temporary, format="png", **self._save_args)
        self._invalidate_cache()
