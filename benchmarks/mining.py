"""Mining, sampling included, against bare FAISS flat search and sentence-transformers' mining.

10,000 queries x 100,000 clustered documents x 384, 200 candidates, 8 negatives by `tri`.
sentence-transformers mines 8 of the 200 nearest at random with FAISS; its model is a stub that has
the vectors at hand, so that no encoding is timed. All three take turns in this process. Memory is
measured apart, each side in a process of its own with its libraries loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.claim import (
    Claim,
    hardware,
    in_fresh_process,
    measure,
    measure_in_turn,
    report,
)
from benchmarks.clustered import DIMENSION, clustered, random_pairs

_QUERIES, _DOCUMENTS, _DEPTH, _NEGATIVES, _REPEATS = 10_000, 100_000, 200, 8, 5
_RATIO_BAR, _PEER_BAR, _MEMORY_BAR_MIB = 1.15, 1.0, 300.0


class _Precomputed:
    """What `mine_hard_negatives` asks of a SentenceTransformer; texts are row numbers."""

    device = "cpu"

    def __init__(self, queries: np.ndarray, documents: np.ndarray) -> None:
        self._queries, self._documents = queries, documents

    def encode_query(self, texts: list[str], **_: object) -> np.ndarray:
        return _in_order(self._queries, texts)

    def encode_document(self, texts: list[str], **_: object) -> np.ndarray:
        return _in_order(self._documents, texts)

    def get_embedding_dimension(self) -> int:
        return DIMENSION

    def similarity_pairwise(self, left: np.ndarray, right: np.ndarray) -> Any:
        import torch

        return torch.from_numpy(np.einsum("pd,pd->p", left, right))


def _in_order(vectors: np.ndarray, texts: list[str]) -> np.ndarray:
    """The vectors themselves: a copy would count against the peer."""
    assert len(texts) == len(vectors)
    assert (texts[0], texts[-1]) == ("0", str(len(vectors) - 1))
    return vectors


def _sides() -> dict[str, Callable[[], object]]:
    """The three ways to do the same work."""
    import faiss
    import torch  # noqa: F401  so that no side pays for loading it
    from datasets import Dataset
    from sentence_transformers.util import mine_hard_negatives

    from trisampler.negatives import SamplingSettings, mine

    queries, documents = clustered(_QUERIES, _DOCUMENTS)
    pairs = random_pairs(_QUERIES, _DOCUMENTS)
    settings = SamplingSettings(sampler="tri", negatives=_NEGATIVES)
    texts = [str(row) for row in range(_DOCUMENTS)]
    dataset = Dataset.from_dict(
        {"query": texts[:_QUERIES], "positive": [texts[row] for row in pairs[:, 1]]}
    )

    def bare() -> None:
        index = faiss.IndexFlatIP(DIMENSION)
        index.add(documents)
        index.search(queries, _DEPTH)

    def ours() -> None:
        mine(queries, documents, pairs, settings, depth=_DEPTH)

    def theirs() -> None:
        mine_hard_negatives(
            dataset,
            _Precomputed(queries, documents),
            corpus=texts,
            range_max=_DEPTH,
            num_negatives=_NEGATIVES,
            sampling_strategy="random",
            output_format="n-tuple",
            use_faiss=True,
            verbose=False,
        )

    return {"bare FAISS": bare, "ours": ours, "sentence-transformers": theirs}


def _added_mib(side: str) -> float:
    """The memory that one run of a side adds to this process."""
    return measure(_sides()[side], repeats=1).added_mib


def main() -> None:
    """Time the sides in turn, then weigh each by itself."""
    usage = measure_in_turn(_sides(), _REPEATS)
    added = {side: in_fresh_process(_added_mib, side) for side in usage}
    print("| | median s | all repeats, s | processor s | adds MiB |")
    print("|---|---|---|---|---|")
    for side, used in usage.items():
        each = " ".join(f"{seconds:.2f}" for seconds in used.seconds)
        print(
            f"| {side} | {used.median:.2f} | {each} | {used.processor_median:.2f} "
            f"| {added[side]:.0f} |"
        )
    ours = usage["ours"].median
    ratio, faster = ours / usage["bare FAISS"].median, usage["sentence-transformers"].median / ours
    work = "10k x 100k x 384, K=200, n=8, tri"
    weight = added["ours"]
    machine = hardware()
    report(
        [
            Claim(
                f"mining time over bare FAISS flat search, {work}",
                ratio,
                _RATIO_BAR,
                ratio <= _RATIO_BAR,
                machine,
            ),
            Claim(
                f"times faster than sentence-transformers' mining with FAISS, {work}",
                faster,
                _PEER_BAR,
                faster > _PEER_BAR,
                machine,
            ),
            Claim(
                f"memory that mining adds, MiB, {work}",
                weight,
                _MEMORY_BAR_MIB,
                weight <= _MEMORY_BAR_MIB,
                machine,
            ),
        ]
    )


if __name__ == "__main__":
    main()
