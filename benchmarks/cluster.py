"""A Ray cluster of this machine alone against one process: documents encoded, queries answered.

A machine does not get faster by being called a cluster: on one, about 1 less what it costs to start
workers, to send them texts and vectors, and to fetch what they made is the best there can be. Both
sides use all cores: one process with its threads, Ray with a worker of one thread a core. The start
of the workers that encode, each with the model, is taken off: it is some seconds, whatever there is
to encode. Searches share the workers that are there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.claim import Claim, hardware, measure_in_turn, report
from benchmarks.clustered import clustered, numbered

_DOCUMENTS, _CHUNK, _REPEATS = 1_024, 64, 3
_QUERIES, _CORPUS, _DEPTH = 5_000, 100_000, 200
_BAR = 0.8


def _encoding() -> list[Claim]:
    from trisampler.cluster.encoding import encoding_by
    from trisampler.cluster.settings import ClusterSettings
    from trisampler.corpora.documents import document_texts
    from trisampler.corpora.reading import read_collection
    from trisampler.corpora.settings import SourceSettings
    from trisampler.encoders import filling
    from trisampler.encoders.chunk_encoding import ChunkEncoding, encoding_here
    from trisampler.encoders.embeddings import embed
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings, EncodingSettings
    from trisampler.encoders.vector_cache import VectorCache

    filling.CHUNK_TEXTS = _CHUNK
    corpus = document_texts(read_collection(SourceSettings(), seed=0).corpus)
    order = np.random.default_rng(0).permutation(len(corpus))
    texts = [corpus[row] for row in order[:_DOCUMENTS]]
    encoder = Encoder.load(EncoderSettings())
    on_ray = encoding_by(ClusterSettings(kind="ray", cpus_per_worker=1))
    made: dict[str, np.ndarray] = {}

    def run(name: str, encoding: ChunkEncoding, count: int) -> None:
        ids = [f"{number:06}" for number in range(count)]
        with tempfile.TemporaryDirectory() as folder:
            made[name] = embed(
                encoder,
                texts[:count],
                ids,
                "document",
                VectorCache(Path(folder)),
                EncodingSettings(),
                encoding,
            ).vectors()

    few = 2 * _CHUNK
    run("start", on_ray, few)  # Ray itself, and what processes load from the disk
    usage = measure_in_turn(
        {
            "here": lambda: run("here", encoding_here, _DOCUMENTS),
            "ray": lambda: run("ray", on_ray, _DOCUMENTS),
            "few here": lambda: run("few here", encoding_here, few),
            "few on ray": lambda: run("few on ray", on_ray, few),
        },
        _REPEATS,
    )
    here, ray = usage["here"].median, usage["ray"].median
    # One chunk for each worker takes what it takes here, and the start.
    start = max(0.0, usage["few on ray"].median - usage["few here"].median)
    bits = _compared(made["here"], made["ray"])
    print(f"{_DOCUMENTS:,} documents encoded: here {here:.1f} s, Ray {ray:.1f} s; vectors {bits}")
    print(f"of Ray's time the start of its workers: {start:.1f} s")
    steady = "times one process's rate, documents encoded once workers have started"
    return [_claim(steady, here / (ray - start))]


def _search() -> list[Claim]:
    from trisampler.cluster.searching import search_by
    from trisampler.cluster.settings import ClusterSettings
    from trisampler.search.flat import search_flat
    from trisampler.search.order import TopK

    queries, corpus = map(numbered, clustered(_QUERIES, _CORPUS))
    on_ray = search_by(ClusterSettings(kind="ray", cpus_per_worker=1))
    found: dict[str, TopK] = {"start": on_ray(queries, corpus, _DEPTH)}

    def here() -> None:
        found["here"] = search_flat(queries, corpus, _DEPTH)

    def ray() -> None:
        found["ray"] = on_ray(queries, corpus, _DEPTH)

    usage = measure_in_turn({"here": here, "ray": ray}, _REPEATS)
    rows = _compared(found["here"].rows_QK, found["ray"].rows_QK)
    scores = _compared(found["here"].scores_QK, found["ray"].scores_QK)
    work = f"{_QUERIES:,} x {_CORPUS:,} x 384 searched, K={_DEPTH}"
    seconds = [usage[name].median for name in ("here", "ray")]
    print(f"{work}: here {seconds[0]:.2f} s, Ray {seconds[1]:.2f} s; rows {rows}, scores {scores}")
    return [_claim(f"times one process's rate, {work}", seconds[0] / seconds[1])]


def _compared(left: np.ndarray, right: np.ndarray) -> str:
    return "the same bits" if np.array_equal(left, right) else "not the same bits"


def _claim(work: str, ratio: float) -> Claim:
    return Claim(f"Ray on this machine, {work}", ratio, _BAR, ratio >= _BAR, hardware())


def main() -> None:
    """Both kinds of work."""
    report([*_encoding(), *_search()])


if __name__ == "__main__":
    main()
