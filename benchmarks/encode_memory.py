"""The memory that embedding adds for a small and for a large corpus, each in a new process.

5,000, 50,000 and 200,000 distinct documents of some 12 words by a tiny untrained encoder, stored
with 32 dimensions. Texts and ids are the caller's and counted apart; vectors go to the disk. What
grows is a digest and a row number a document, and what finding them among the rows takes for a
moment. 5,000 documents are fewer than fill the buffers of chunks under way, so growth is counted
from 50,000 on.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.claim import Claim, hardware, in_fresh_process, measure, report

_DOCUMENTS, _WORDS = (5_000, 50_000, 200_000), 12
_MEMORY_BAR_MIB, _BYTES_BAR = 150.0, 150.0


class _Weight(NamedTuple):
    """What is held before embedding, what that adds at most, in MiB, and its seconds."""

    held: float
    added: float
    seconds: float


def _documents(count: int) -> tuple[list[str], list[str]]:
    random = np.random.default_rng(0)
    words = np.array([f"word{number}" for number in range(5_000)], dtype=object)
    texts = [
        f"{number} {' '.join(words[random.integers(len(words), size=_WORDS)])}"
        for number in range(count)
    ]
    return [f"d{number:08}" for number in range(count)], texts


def _weigh(count: int) -> _Weight:
    """Embed once in this process, its libraries loaded and its kernels made."""
    from trisampler.encoders.embeddings import embed
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.encoding import encode_texts
    from trisampler.encoders.settings import EncoderSettings, EncodingSettings
    from trisampler.encoders.vector_cache import VectorCache

    encoder, settings = Encoder.load(EncoderSettings(name="untrained:0")), EncodingSettings()
    encode_texts(encoder, _documents(4_096)[1], "document", settings)
    held: list[tuple[list[str], list[str]]] = []
    holding = measure(lambda: held.append(_documents(count)), repeats=1)
    (ids, texts), results = held[0], []
    with tempfile.TemporaryDirectory() as folder:
        cache = VectorCache(Path(folder))

        def work() -> None:
            results.append(embed(encoder, texts, ids, "document", cache, settings))

        used = measure(work, repeats=1)
    return _Weight(holding.added_mib, used.added_mib, used.median)


def main() -> None:
    """Weigh each size of corpus."""
    weights = {count: in_fresh_process(_weigh, count) for count in _DOCUMENTS}
    print("| documents | ids and texts MiB | embedding adds MiB | seconds |")
    print("|---|---|---|---|")
    for count, weight in weights.items():
        print(f"| {count:,} | {weight.held:.0f} | {weight.added:.0f} | {weight.seconds:.0f} |")
    few, many = _DOCUMENTS[1:]
    added = weights[many].added
    growth = (added - weights[few].added) * 2**20 / (many - few)
    report(
        [
            Claim(
                f"memory that embedding {many:,} documents adds to their texts, MiB",
                added,
                _MEMORY_BAR_MIB,
                added <= _MEMORY_BAR_MIB,
                hardware(),
            ),
            Claim(
                f"bytes a document that it grows by from {few:,} to {many:,}",
                growth,
                _BYTES_BAR,
                growth <= _BYTES_BAR,
                hardware(),
            ),
        ]
    )


if __name__ == "__main__":
    main()
