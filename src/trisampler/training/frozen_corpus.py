"""Documents whose vectors stay as they are while queries learn to find them.

Legend: N documents, D dimensions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from trisampler.negatives.settings import SamplingSettings
from trisampler.negatives.tables import text_classes
from trisampler.search.vectors import Vectors
from trisampler.training.errors import TrainingError
from trisampler.training.examples import Rows

_LIVE_POOLS = {"encoder", "corpus"}


@dataclass(frozen=True)
class FrozenCorpus:
    """The vectors of all documents, and how negatives are drawn from them.

    Attributes:
        document_ids: N ids, increasing.
        vectors_ND: float32, by the document tower that stays.
        classes_N: for each document the first row of the same text, which stands for it.
        sampling: the sampler and what it needs.
        depth: candidates per query.
        near_duplicates: by query id the rows of documents that the guard took for its positives.
    """

    document_ids: list[str]
    vectors_ND: npt.NDArray[np.float32]
    classes_N: Rows
    sampling: SamplingSettings
    depth: int
    near_duplicates: dict[str, Rows] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        documents: Vectors,
        corpus: pl.DataFrame,
        sampling: SamplingSettings,
        depth: int,
        near_duplicates: pl.DataFrame | None = None,
    ) -> Self:
        """Read the vectors into memory; `near_duplicates` has query_id, doc_id.

        Raises:
            TrainingError: the sampler draws from something else than the encoder's candidates or
                the corpus, or needs a teacher.
        """
        if reason := why_not_live(sampling):
            raise TrainingError(reason)
        classes_N = text_classes(corpus, documents.ids)
        found = cls(list(documents.ids), documents.vectors(), classes_N, sampling, depth)
        if near_duplicates is None:
            return found
        grouped = near_duplicates.group_by("query_id", maintain_order=True).agg("doc_id")
        near = {query_id: found.rows_of(doc_ids) for query_id, doc_ids in grouped.iter_rows()}
        return replace(found, near_duplicates=near)

    def rows_of(self, document_ids: list[str]) -> Rows:
        """The row that stands for each document.

        Raises:
            TrainingError: a document has no vector.
        """
        ids = pl.Series(self.document_ids, dtype=pl.String)
        rows = ids.search_sorted(pl.Series(document_ids, dtype=pl.String)).to_numpy()
        rows = np.minimum(rows.astype(np.int64), len(ids) - 1)
        for row, doc_id in zip(rows, document_ids, strict=True):
            if self.document_ids[row] != doc_id:
                raise TrainingError(
                    f"document {doc_id!r} of the train pairs has no vector: embed the corpus again"
                )
        classes: Rows = self.classes_N[rows]
        return classes

    def digest(self) -> str:
        """SHA-256 over all of it, in hexadecimal."""
        digest = hashlib.sha256(self.sampling.model_dump_json().encode())
        digest.update(f"{self.depth}\n".encode())
        digest.update("\0".join(self.document_ids).encode())
        digest.update(np.ascontiguousarray(self.vectors_ND).tobytes())
        digest.update(self.classes_N.astype("<i8").tobytes())
        for query_id, rows in sorted(self.near_duplicates.items()):
            digest.update(f"{query_id}:{sorted(rows.tolist())}".encode())
        return digest.hexdigest()


def why_not_live(sampling: SamplingSettings) -> str | None:
    """Why negatives cannot be drawn so at each step; None where they can."""
    sampler = sampling.build_sampler()
    others = sorted(set(sampling.pools_of(sampler)) - _LIVE_POOLS)
    needing = sampling.teacher_needed_by(sampler)
    if not others and not needing:
        return None
    lack = f"the pool {others[0]}" if others else f"the teacher that sampling.{needing} needs"
    return (
        "training.frozen_documents draws negatives anew at every step, from the pools encoder and "
        f"corpus, and {lack} is not asked then. Choose another sampler or other pools, or set "
        "frozen_documents to false"
    )
