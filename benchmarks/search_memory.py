"""The memory that mining adds for few and for many queries, each in a process of its own.

1,000, 10,000 and 50,000 queries x 100,000 clustered documents x 384, 200 candidates, 8 negatives
by `tri`. The result itself grows with the queries; it is counted apart. What else grows are the
diagnostics' numbers and the ids, some 200 bytes a query.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.claim import Claim, hardware, in_fresh_process, measure, report
from benchmarks.clustered import clustered, random_pairs

_QUERIES, _DOCUMENTS, _DEPTH, _NEGATIVES = (1_000, 10_000, 50_000), 100_000, 200, 8
_MEMORY_BAR_MIB, _GROWTH_BAR = 300.0, 1.3


class _Weight(NamedTuple):
    """What a run added, and how much of it is its result, in MiB."""

    added: float
    result: float

    @property
    def besides(self) -> float:
        return self.added - self.result


def _weigh(queries: int) -> _Weight:
    """Mine once in this process, its libraries loaded."""
    import faiss  # noqa: F401
    import torch  # noqa: F401

    from trisampler.negatives import SamplingSettings, mine

    query_vectors, document_vectors = clustered(queries, _DOCUMENTS)
    pairs = random_pairs(queries, _DOCUMENTS)
    settings = SamplingSettings(sampler="tri", negatives=_NEGATIVES)
    results = []

    def work() -> None:
        results.append(mine(query_vectors, document_vectors, pairs, settings, depth=_DEPTH))

    added = measure(work, repeats=1).added_mib
    arrays = [value for value in vars(results[0]).values() if isinstance(value, np.ndarray)]
    return _Weight(added, sum(array.nbytes for array in arrays) / 2**20)


def main() -> None:
    """Weigh each number of queries."""
    weights = {queries: in_fresh_process(_weigh, queries) for queries in _QUERIES}
    print("| queries | adds MiB | of them its result | besides |")
    print("|---|---|---|---|")
    for queries, weight in weights.items():
        print(f"| {queries:,} | {weight.added:.0f} | {weight.result:.1f} | {weight.besides:.0f} |")
    most = max(weight.besides for weight in weights.values())
    growth = weights[_QUERIES[-1]].besides / weights[_QUERIES[1]].besides
    work = "100k x 384, K=200, n=8, tri"
    report(
        [
            Claim(
                f"memory that mining adds besides its result, 1k to 50k queries, MiB, {work}",
                most,
                _MEMORY_BAR_MIB,
                most <= _MEMORY_BAR_MIB,
                hardware(),
            ),
            Claim(
                f"times the memory of 10k queries that 50k take, {work}",
                growth,
                _GROWTH_BAR,
                growth <= _GROWTH_BAR,
                hardware(),
            ),
        ]
    )


if __name__ == "__main__":
    main()
