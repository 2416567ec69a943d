"""Search among 10^4, 10^5 and 10^6 clustered documents x 384: exactly, and by indexes of FAISS.

Exact search takes turns with FAISS's bare flat index in this process, medians of several repeats.
An index is built once, on one thread; then it takes turns with exact search on the same queries.
Its recall is the share of the 100 nearest documents that it lists, for queries beside documents.
The clusters are round, which real text is not: recall has to be measured on the text itself, as the
pipeline does. Sizes are those of an index's file; exact search has none. 10^4 documents have no
bar: scoring the results exactly takes a good part of so short a search.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.claim import Claim, hardware, measure_in_turn, report
from benchmarks.clustered import DIMENSION, numbered, write_clustered
from trisampler.encoders.embeddings import Embeddings

_DEPTH, _REPEATS = 100, 3
_RATIO_BAR, _RECALL_BAR, _FASTER_BAR = 1.15, 0.95, 1.0


class _Size(NamedTuple):
    """How many documents, queries, and which indexes with what settings."""

    documents: int
    queries: int
    indexes: dict[str, dict[str, int]]


_SIZES = (
    _Size(
        10_000,
        1_000,
        {
            "IVF64,Flat": {"nprobe": 16, "rescored": 1},
            "HNSW32": {"ef_search": 128, "rescored": 1},
            "SQfp16": {"rescored": 1},
        },
    ),
    _Size(
        100_000,
        1_000,
        {
            "IVF256,Flat": {"train_sample": 20_000, "nprobe": 16, "rescored": 1},
            "IVF256,PQ48": {"train_sample": 12_000, "nprobe": 16, "rescored": 4},
        },
    ),
    _Size(
        1_000_000,
        128,
        {"IVF1024,SQ8": {"train_sample": 50_000, "nprobe": 16, "rescored": 2}},
    ),
)


class _Line(NamedTuple):
    """A line of the table."""

    documents: int
    method: str
    build_seconds: float
    queries_a_second: float
    times_faster: float
    recall: float
    mib: float


def _exact(size: _Size, vectors_ND: np.ndarray) -> tuple[list[_Line], float]:
    """Exact search and FAISS's bare one, and the ratio of their times."""
    import faiss

    from trisampler.search.flat import search_flat

    queries, corpus = _embedded(size, vectors_ND)
    asked_QD, documents_ND = queries.vectors(), np.array(vectors_ND)

    def bare() -> None:
        index = faiss.IndexFlatIP(DIMENSION)
        index.add(documents_ND)
        index.search(asked_QD, _DEPTH)

    usage = measure_in_turn(
        {"exact": lambda: search_flat(queries, corpus, _DEPTH), "bare IndexFlatIP": bare},
        _REPEATS if size.documents < 10**6 else 2,
    )
    ratio = usage["exact"].median / usage["bare IndexFlatIP"].median
    lines = [
        _Line(
            size.documents,
            method,
            0.0,
            size.queries / used.median,
            usage["exact"].median / used.median,
            1.0,
            0.0,
        )
        for method, used in usage.items()
    ]
    return lines, ratio


def _by_index(size: _Size, vectors_ND: np.ndarray, factory: str) -> _Line:
    """An index built, weighed and timed against exact search."""
    from trisampler.search.flat import search_flat
    from trisampler.search.index_building import build_index
    from trisampler.search.settings import IndexSettings

    queries, corpus = _embedded(size, vectors_ND)
    settings = IndexSettings(
        factory=factory, recall_depth=_DEPTH, recall_floor=0.0, **size.indexes[factory]
    )
    started = time.perf_counter()
    index = build_index(corpus, settings, 0, queries)
    seconds = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder) / "index")
        files = (Path(folder) / "index").iterdir()
        mib = sum(file.stat().st_size for file in files) / 2**20
    usage = measure_in_turn(
        {
            "index": lambda: index.search(queries, corpus, _DEPTH),
            "exact": lambda: search_flat(queries, corpus, _DEPTH),
        },
        _REPEATS if size.documents < 10**6 else 2,
    )
    speed = size.queries / usage["index"].median
    faster = usage["exact"].median / usage["index"].median
    recall = index.report()["recall"]
    return _Line(size.documents, factory, seconds, speed, faster, recall, mib)


def _embedded(size: _Size, vectors_ND: np.ndarray) -> tuple[Embeddings, Embeddings]:
    """Queries beside documents all over the corpus, and the corpus."""
    corpus = numbered(vectors_ND)
    near_QD = corpus.vectors(np.arange(size.queries) * (size.documents // size.queries))
    noise_QD = np.random.default_rng(3).standard_normal(near_QD.shape, dtype=np.float32)
    asked_QD = near_QD + noise_QD / np.float32(np.sqrt(DIMENSION))
    asked_QD /= np.linalg.norm(asked_QD, axis=1, keepdims=True)
    return numbered(asked_QD), corpus


def main() -> None:
    """Every size, every method."""
    import torch  # noqa: F401  so that no side pays for loading it

    print(
        "| documents | method | built in s | queries/s | times exact's speed | recall@100 | MiB |"
    )
    print("|---|---|---|---|---|---|---|")
    lines, ratios = [], {}
    for size in _SIZES:
        with tempfile.TemporaryDirectory() as folder:
            vectors_ND = write_clustered(Path(folder) / "vectors.npy", size.documents)
            of_size, ratios[size.documents] = _exact(size, vectors_ND)
            for line in of_size:
                _show(line)
            for factory in size.indexes:
                lines.append(_by_index(size, vectors_ND, factory))
                _show(lines[-1])
    largest = lines[-1]
    machine = hardware()
    exact = [
        Claim(
            f"exact search time over bare FAISS flat search, {size.queries:,} x "
            f"{size.documents:,} x 384, K={_DEPTH}",
            ratios[size.documents],
            _RATIO_BAR,
            ratios[size.documents] <= _RATIO_BAR,
            machine,
        )
        for size in _SIZES[1:]
    ]
    work = f"{largest.method} of {largest.documents:,} x 384, K={_DEPTH}"
    report(
        [
            *exact,
            Claim(
                f"recall of {work}",
                largest.recall,
                _RECALL_BAR,
                largest.recall >= _RECALL_BAR,
                machine,
            ),
            Claim(
                f"times faster than exact search, {work}",
                largest.times_faster,
                _FASTER_BAR,
                largest.times_faster > _FASTER_BAR,
                machine,
            ),
        ]
    )


def _show(line: _Line) -> None:
    built = f"{line.build_seconds:.1f}" if line.build_seconds else ""
    weight = f"{line.mib:.0f}" if line.mib else ""
    print(
        f"| {line.documents:,} | {line.method} | {built} | {line.queries_a_second:,.0f} "
        f"| {line.times_faster:.2f} | {line.recall:.3f} | {weight} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
