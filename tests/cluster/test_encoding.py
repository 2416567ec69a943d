"""Two nodes encode as one process does, whoever is killed.

Run as a program, this file embeds on the cluster of RAY_ADDRESS and dies after some commits:
python test_encoding.py ENCODER_FOLDER CACHE_FOLDER COMMITS
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trisampler.cluster.encoding import encoding_by
from trisampler.cluster.settings import ClusterSettings
from trisampler.encoders import filling
from trisampler.encoders.chunk_encoding import ChunkEncoding, encoding_here
from trisampler.encoders.embeddings import Embeddings, embed
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.filling import header_of
from trisampler.encoders.settings import EncoderSettings, EncodingSettings
from trisampler.encoders.store_format import COMMITS, DIGESTS, VECTORS
from trisampler.encoders.store_writer import StoreWriter
from trisampler.encoders.vector_cache import VectorCache

HOW = EncodingSettings(precision="float32", device="cpu")
TEXTS = [f"text number {n} " + "and on " * (n % 9) for n in range(200)]
CHUNK = 8


def load(folder: Path) -> Encoder:
    return Encoder.load(EncoderSettings(name=str(folder)))


def embed_all(encoder: Encoder, cache: Path, encoding: ChunkEncoding) -> Embeddings:
    ids = [f"d{n:05d}" for n in range(len(TEXTS))]
    return embed(encoder, TEXTS, ids, "document", VectorCache(cache), HOW, encoding)


def contents(encoder: Encoder, cache: Path) -> list[bytes]:
    store = VectorCache(cache).store_folder(header_of(encoder, "document", HOW))
    return [(store / name).read_bytes() for name in (VECTORS, DIGESTS, COMMITS)]


def at_commit(number: int, action: Callable[[], object]) -> Callable[..., None]:
    """What takes the place of `StoreWriter.append`: it acts after so many chunks."""
    append, chunks = StoreWriter.append, 0

    def appended(self: StoreWriter, digests_N: np.ndarray, vectors_ND: np.ndarray) -> None:
        nonlocal chunks
        append(self, digests_N, vectors_ND)
        chunks += 1
        if chunks == number:
            action()

    return appended


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "CHUNK_TEXTS", CHUNK)


@pytest.mark.slow
def test_the_bytes_are_those_of_one_process_even_if_a_worker_is_killed(
    two_nodes: ClusterSettings,
    tiny_encoder_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cluster.conftest import kill_a_worker

    encoder = load(tiny_encoder_folder)
    embed_all(encoder, tmp_path / "alone", encoding_here)
    killed: list[int] = []
    kill = at_commit(3, lambda: killed.append(kill_a_worker("_Worker")))
    monkeypatch.setattr(StoreWriter, "append", kill)
    found = embed_all(encoder, tmp_path / "cluster", encoding_by(two_nodes))
    assert len(killed) == 1
    assert found.encoded == len(TEXTS)
    assert contents(encoder, tmp_path / "cluster") == contents(encoder, tmp_path / "alone")


@pytest.mark.slow
def test_a_killed_driver_leaves_what_was_committed_and_goes_on_from_there(
    two_nodes: ClusterSettings, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, __file__, str(tiny_encoder_folder), str(tmp_path / "cluster"), "5"]
    driver = subprocess.run(
        command, env=os.environ | {"RAY_ADDRESS": str(two_nodes.address)}, check=False
    )
    assert driver.returncode == -signal.SIGKILL
    encoder = load(tiny_encoder_folder)
    found = embed_all(encoder, tmp_path / "cluster", encoding_by(two_nodes))
    assert found.encoded == len(TEXTS) - 5 * CHUNK
    embed_all(encoder, tmp_path / "alone", encoding_here)
    assert contents(encoder, tmp_path / "cluster") == contents(encoder, tmp_path / "alone")


@pytest.mark.slow
def test_what_a_worker_raises_is_raised_here(
    two_nodes: ClusterSettings, tiny_encoder_folder: Path
) -> None:
    wrong = HOW.model_copy(update={"batch_tokens": "many"})
    with (
        encoding_by(two_nodes)(load(tiny_encoder_folder), "document", wrong) as encode,
        pytest.raises(TypeError, match="unsupported operand"),
    ):
        list(encode([["a text"]], lambda _: None))


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    filling.CHUNK_TEXTS = CHUNK
    StoreWriter.append = at_commit(  # type: ignore[method-assign]
        int(sys.argv[3]), lambda: os.kill(os.getpid(), signal.SIGKILL)
    )
    embed_all(load(Path(sys.argv[1])), Path(sys.argv[2]), encoding_by(ClusterSettings(kind="ray")))
