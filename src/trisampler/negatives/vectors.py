"""Vectors by row, whoever holds them, and products of gathered rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from trisampler.negatives.arrays import Float32, Int64
from trisampler.search.vectors import Vectors, row_id

# A corpus up to this size is read once; a greater one is gathered block by block.
_RESIDENT_BYTES = 192 << 20


@dataclass(frozen=True)
class ArrayVectors:
    """A float32 matrix (N, D) in memory whose rows are named by their numbers.

    The ids are zero-padded, so that their order is the order of rows.
    """

    matrix_ND: Float32

    @cached_property
    def ids(self) -> Sequence[str]:
        """Row numbers as text of nine digits or more."""
        return [row_id(row) for row in range(len(self.matrix_ND))]

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return int(self.matrix_ND.shape[1])

    def vectors(self, rows: slice | Int64 | None = None) -> Float32:
        """Float32 (n, D): the given rows, or all without a copy."""
        return self.matrix_ND if rows is None else self.matrix_ND[rows]


class VectorReader:
    """Gathers the vectors that a block needs, with their lengths."""

    def __init__(self, source: Vectors, count: int) -> None:
        self._source = source
        small = count * source.dimension * 4 <= _RESIDENT_BYTES
        self._resident: tuple[Float32, Float32] | None = None
        if small or isinstance(source, ArrayVectors):
            self._resident = _with_norms(source.vectors())

    @property
    def copies(self) -> bool:
        """Whether what is gathered is a copy, and not all that there is."""
        return self._resident is None

    def gather(self, *rows: Int64) -> tuple[Float32, Float32, list[Int64]]:
        """A matrix, its rows' norms, and `rows` re-numbered to point into it; -1 stays -1.

        Args:
            rows: arrays of row numbers of any shape, -1 where there is none.
        """
        if self._resident is not None:
            return *self._resident, list(rows)
        wanted = np.unique(np.concatenate([each.ravel() for each in rows]))
        wanted = wanted[wanted >= 0]
        local = [np.where(each >= 0, np.searchsorted(wanted, each), -1) for each in rows]
        return *_with_norms(self._source.vectors(wanted)), local


def _with_norms(matrix_ND: Float32) -> tuple[Float32, Float32]:
    matrix_ND = np.ascontiguousarray(matrix_ND, dtype=np.float32)
    return matrix_ND, norms(matrix_ND)


def norms(matrix_ND: Float32) -> Float32:
    """Euclidean lengths (N,)."""
    itself = np.arange(len(matrix_ND))[:, None]
    return np.sqrt(gathered_products(matrix_ND, matrix_ND, itself)[:, 0])


def paired_products(left_PD: Float32, right_PD: Float32) -> Float32:
    """<left[p], right[p]>, summed in float64 and rounded: what an exact search gives the pair."""
    products_P = np.vecdot(left_PD.astype(np.float64), right_PD.astype(np.float64))
    return np.asarray(products_P, dtype=np.float32)


def gathered_products(left_PD: Float32, right_ND: Float32, rows_PK: Int64) -> Float32:
    """out[p, k] = <left[p], right[rows[p, k]]>, 0 where the row is -1: float32 (P, K).

    Each product is summed by itself, in an order that depends on D alone, so that its bits are
    the same in any block and on any number of threads; a matrix product does not promise that.
    No gathered copy is made: FAISS reads the rows where they are.
    """
    import faiss

    left_PD = np.ascontiguousarray(left_PD, dtype=np.float32)
    right_ND = np.ascontiguousarray(right_ND, dtype=np.float32)
    rows_PK = np.ascontiguousarray(rows_PK, dtype=np.int64)
    out_PK = np.empty(rows_PK.shape, dtype=np.float32)
    if out_PK.size:
        # FAISS adds its functions at run time, out of sight of type checkers.
        by_row: Any = vars(faiss)["fvec_inner_products_by_idx"]
        by_row(
            faiss.swig_ptr(out_PK),
            faiss.swig_ptr(left_PD),
            faiss.swig_ptr(right_ND),
            faiss.swig_ptr(rows_PK),
            left_PD.shape[1],
            *rows_PK.shape,
        )
    out_PK[rows_PK < 0] = 0.0
    return out_PK
