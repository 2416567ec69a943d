"""The encoder artifact: a folder that plain SentenceTransformer loads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


class EncoderDataset(AbstractDataset["Encoder", "Encoder"]):
    """An encoder in a folder.

    Args:
        filepath: The folder.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Encoder:
        """Load both towers and tokenizers on the CPU."""
        from trisampler.encoders.encoder import Encoder

        return Encoder.load_folder(self._filepath)

    def save(self, data: Encoder) -> None:
        """Write the folder whole."""
        from trisampler.atomic import replaced_folder

        with replaced_folder(self._filepath) as folder:
            data.save(folder)

    def _exists(self) -> bool:
        return (self._filepath / "modules.json").is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
