"""The index artifact: a folder with a manifest and, unless search is exact, FAISS's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:
    from trisampler.search.index import Index


class IndexDataset(AbstractDataset["Index", "Index"]):
    """An index in a folder; one that is cut off does not exist.

    Args:
        filepath: The folder.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Index:
        """Read the index into memory, its checksum compared."""
        from trisampler.search.index import Index

        return Index.load(self._filepath)

    def save(self, data: Index) -> None:
        """Write the folder whole."""
        data.save(self._filepath)

    def _exists(self) -> bool:
        from trisampler.search.errors import SearchError
        from trisampler.search.index_folder import read_manifest

        try:
            read_manifest(self._filepath)
        except SearchError:
            return False
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
