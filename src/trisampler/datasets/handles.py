"""Folders that grow in place: declared as inputs, handed to nodes as paths or open stores.

Kedro refuses one dataset as input and output of a node, and what grows in place is no artifact: the
node's output is (the finished embeddings, the trained encoder). Input keys leave handles out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

if TYPE_CHECKING:
    from trisampler.encoders.vector_cache import VectorCache


class GrowingFolder(AbstractDataset[NoReturn, Any]):
    """A folder that nodes add to; it is created on load.

    Args:
        filepath: The folder.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    grows_in_place = True

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Any:
        """The folder's path."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        return self._filepath

    def save(self, data: NoReturn) -> None:  # noqa: ARG002
        """Refused: nodes grow the folder through the handle they loaded."""
        raise DatasetError(f"{type(self).__name__} at {self._filepath} grows in place; load it.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


class VectorCacheHandle(GrowingFolder):
    """The cache of every vector computed in a workspace, keyed by encoder and text."""

    def load(self) -> VectorCache:
        """The open cache."""
        from trisampler.encoders.vector_cache import VectorCache

        return VectorCache(self._filepath)
