from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from training.toy import Toy, toy

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


@pytest.fixture(scope="session")
def collection() -> Toy:
    return toy()


@pytest.fixture(scope="session")
def tiny_saved_encoder(tiny_encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder as `Encoder.load_folder` reads it, its texts cut short."""
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings

    folder = tmp_path_factory.mktemp("saved") / "tiny"
    Encoder.load(EncoderSettings(name=str(tiny_encoder_folder), document_length=64)).save(folder)
    return folder


@pytest.fixture
def load_tiny(tiny_saved_encoder: Path) -> Callable[[], Encoder]:
    from trisampler.encoders.encoder import Encoder

    return lambda: Encoder.load_folder(tiny_saved_encoder)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small only wait for a second thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
