"""The embeddings artifact: ids and the rows of the vector cache that hold their vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:
    from trisampler.encoders.embeddings import Embeddings


class EmbeddingsDataset(AbstractDataset["Embeddings", "Embeddings"]):
    """Embeddings in a folder; incomplete or foreign ones do not exist.

    Args:
        filepath: The folder.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

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

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
