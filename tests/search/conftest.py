"""The number of threads, and where the real data are."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import pytest


@pytest.fixture
def set_threads() -> Iterator[Callable[[int], None]]:
    """Sets how many threads a search uses."""
    before = faiss.omp_get_max_threads()
    yield faiss.omp_set_num_threads
    faiss.omp_set_num_threads(before)


@pytest.fixture(scope="session")
def scifact_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SciFact in BEIR form, unpacked."""
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    archive = Path(os.environ.get("TRISAMPLER_DATA", beside)) / "scifact.tar.xz"
    if not archive.exists():
        pytest.skip(f"{archive} is not there: set TRISAMPLER_DATA to the folder of the data sets")
    folder = tmp_path_factory.mktemp("data")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / "scifact"
