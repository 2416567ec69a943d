"""Mining, sampling included, against bare FAISS flat search of the same vectors.

10,000 queries x 100,000 clustered documents x 384, 200 candidates, 8 negatives by `tri`.
"""

from __future__ import annotations

import numpy as np

from benchmarks.claim import Claim, hardware, measure, report

_QUERIES, _DOCUMENTS, _DIMENSION, _CLUSTERS = 10_000, 100_000, 384, 2_000
_DEPTH, _NEGATIVES, _REPEATS = 200, 8, 3
_RATIO_BAR, _MEMORY_BAR_MIB = 1.15, 300.0


def _vectors() -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around shared centres: neighbours as real text has them, unlike uniform ones."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((_CLUSTERS, _DIMENSION)).astype(np.float32)

    def around(count: int) -> np.ndarray:
        noise = random.standard_normal((count, _DIMENSION)).astype(np.float32)
        vectors = centres[random.integers(_CLUSTERS, size=count)] + noise
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return around(_QUERIES), around(_DOCUMENTS)


def main() -> None:
    """Both sides in this process, in turn."""
    import faiss

    from trisampler.negatives import SamplingSettings, mine

    queries, documents = _vectors()
    positives = np.random.default_rng(1).integers(_DOCUMENTS, size=_QUERIES)
    pairs = np.stack([np.arange(_QUERIES), positives], axis=1)
    settings = SamplingSettings(sampler="tri", negatives=_NEGATIVES)

    def bare() -> None:
        index = faiss.IndexFlatIP(_DIMENSION)
        index.add(documents)
        index.search(queries, _DEPTH)

    def ours() -> None:
        mine(queries, documents, pairs, settings, depth=_DEPTH)

    searched, mined = measure(bare, _REPEATS), measure(ours, _REPEATS)
    print(f"bare FAISS {searched.median:.2f} s, +{searched.added_mib:.0f} MiB")
    print(f"mining     {mined.median:.2f} s, +{mined.added_mib:.0f} MiB")
    ratio = mined.median / searched.median
    work = "10k x 100k x 384, K=200, n=8, tri"
    report(
        [
            Claim(
                f"mining time over bare FAISS flat search, {work}",
                ratio,
                _RATIO_BAR,
                ratio <= _RATIO_BAR,
                hardware(),
            ),
            Claim(
                f"memory that mining adds, MiB, {work}",
                mined.added_mib,
                _MEMORY_BAR_MIB,
                mined.added_mib <= _MEMORY_BAR_MIB,
                hardware(),
            ),
        ]
    )


if __name__ == "__main__":
    main()
