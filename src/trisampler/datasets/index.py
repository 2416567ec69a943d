"""The index artifact: a folder with a manifest and, unless search is exact, FAISS's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trisampler.datasets.folder import FolderDataset

if TYPE_CHECKING:
    from trisampler.search.index import Index


class IndexDataset(FolderDataset["Index", "Index"]):
    """An index in a folder; one that is cut off does not exist."""

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
