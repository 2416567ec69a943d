"""Reading a file through a map leaves nothing of it in this process's memory."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.mapped import let_go

ROWS, DIMENSION = 40_000, 200  # 31 MB


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mapped") / "vectors.npy"
    vectors = np.arange(ROWS * DIMENSION, dtype=np.float32).reshape(ROWS, DIMENSION)
    np.save(path, vectors)
    return path


def mapped_mib() -> float:
    status = Path("/proc/self/status").read_text()
    found = re.search(r"RssFile:\s+(\d+) kB", status)
    if found is None:
        pytest.skip("this system does not say how much of files is in memory")
    return int(found[1]) / 1024


@pytest.mark.parametrize("way", ["blocks", "all over"])
def test_what_was_read_is_let_go_and_read_again_the_same(file: Path, way: str) -> None:
    vectors_ND = np.load(file, mmap_mode="r")
    embeddings = Embeddings.from_array([f"{row:06d}" for row in range(ROWS)], vectors_ND)
    before = mapped_mib()
    for _ in range(2):
        total = 0.0
        for first in range(0, ROWS, 5_000):
            rows = slice(first, first + 5_000)
            chosen = rows if way == "blocks" else np.arange(first // 5_000, ROWS, 8)
            total += float(embeddings.vectors(chosen).sum(dtype=np.float64))
        assert total == pytest.approx((ROWS * DIMENSION - 1) * ROWS * DIMENSION / 2)
    assert mapped_mib() - before < 8


def test_a_private_map_keeps_what_was_written_to_it(file: Path) -> None:
    vectors_ND = np.load(file, mmap_mode="c")
    vectors_ND[:] = 7
    let_go(vectors_ND)
    assert (vectors_ND == 7).all()


def test_a_part_that_begins_within_a_page(file: Path) -> None:
    vectors_ND = np.load(file, mmap_mode="r")
    part = vectors_ND[13:20_001]
    let_go(part)
    assert part[0, 0] == 13 * DIMENSION
    let_go(np.ones(3))
