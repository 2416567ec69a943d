"""Folders that grow in place: declared as inputs, handed to nodes as paths or open stores.

Kedro refuses one dataset as input and output of a node, and what grows in place is no artifact: the
node's output is (the finished embeddings, the trained encoder). Input keys leave handles out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import DatasetError

from trisampler.atomic import replaced_file
from trisampler.datasets.folder import FolderDataset

if TYPE_CHECKING:
    from trisampler.encoders.vector_cache import VectorCache

_KEY_FILE = ".key"


class GrowingFolder(FolderDataset[NoReturn, Any]):
    """A folder that nodes add to; it is created on load."""

    grows_in_place = True

    def load(self) -> Any:
        """The folder's path."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        return self._filepath

    def save(self, data: NoReturn) -> None:  # noqa: ARG002
        """Refused: nodes grow the folder through the handle they loaded."""
        raise DatasetError(f"{type(self).__name__} at {self._filepath} grows in place; load it.")

    def _exists(self) -> bool:
        return True


class CheckpointFolder(GrowingFolder):
    """The checkpoints of a training, until what it trained is saved.

    A training knows its own by data and settings; of the code that made them it knows nothing, so
    the key of the node stands beside them.
    """

    def keep_those_of(self, key: str) -> None:
        """Discard what another key than the node's left; the runner does so before it runs."""
        kept = self._filepath / _KEY_FILE
        if kept.is_file() and kept.read_text() == key:
            return
        self.discard()
        with replaced_file(kept) as temporary:
            temporary.write_text(key)

    def discard(self) -> None:
        """Empty the folder; the runner does so when the outputs of the node are recorded."""
        from trisampler.training.checkpoints import remove_checkpoints

        (self._filepath / _KEY_FILE).unlink(missing_ok=True)
        remove_checkpoints(self._filepath)


class VectorCacheHandle(GrowingFolder):
    """The cache of every vector computed in a workspace, keyed by encoder and text."""

    def load(self) -> VectorCache:
        """The open cache."""
        from trisampler.encoders.vector_cache import VectorCache

        return VectorCache(self._filepath)
