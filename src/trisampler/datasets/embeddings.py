"""The embeddings artifact: ids and the rows of the vector cache that hold their vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trisampler.datasets.folder import FolderDataset

if TYPE_CHECKING:
    from trisampler.encoders.embeddings import Embeddings


class EmbeddingsDataset(FolderDataset["Embeddings", "Embeddings"]):
    """Embeddings in a folder; incomplete or foreign ones do not exist."""

    def load(self) -> Embeddings:
        """Map the embeddings; vectors stay on disk until asked for."""
        from trisampler.encoders.embeddings import Embeddings

        return Embeddings.load(self._filepath)

    def save(self, data: Embeddings) -> None:
        """Write ids, rows and manifest whole."""
        data.save(self._filepath)

    def _exists(self) -> bool:
        from trisampler.encoders.embeddings import Embeddings
        from trisampler.errors import TrisamplerError

        try:
            Embeddings.load(self._filepath)
        except (TrisamplerError, OSError, ValueError):
            return False
        return True
