"""The encoder artifact: a folder that plain SentenceTransformer loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trisampler.datasets.folder import FolderDataset

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


class EncoderDataset(FolderDataset["Encoder", "Encoder"]):
    """An encoder in a folder."""

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
