"""Vectors read block by block, checked as they are read.

Shapes: N rows, D dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from trisampler.search.arrays import Float32, Float64, Rows
from trisampler.search.errors import SearchError
from trisampler.search.lengths import vector_norms
from trisampler.search.rounded import RoundedBlock, round_block, round_vectors

if TYPE_CHECKING:
    import torch

# Inner products of two vectors this long stay far inside float32.
LARGEST_NORM = 1e18

SAMPLE = 4096
"""Vectors that stand for a whole corpus."""


class Vectors(Protocol):
    """What is asked of vectors: `encoders.embeddings.Embeddings`, or any look-alike."""

    @property
    def ids(self) -> Sequence[str]:
        """One id a row, strictly increasing."""
        ...

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        ...

    def vectors(self, rows: Any = None) -> Float32:
        """Float32 (n, D) of a slice of rows, of an array of row numbers, or of all."""
        ...


class IdentifiedVectors(Vectors, Protocol):
    """Vectors that say which they are."""

    @property
    def digest(self) -> str:
        """Differs where ids or vectors do."""
        ...


def row_id(row: int) -> str:
    """A row's number as an id, in nine digits or more."""
    return f"{row:09d}"


@dataclass(frozen=True)
class SelectedVectors:
    """Some rows of other vectors, in increasing order."""

    source: Vectors
    rows_N: Rows

    @property
    def ids(self) -> Sequence[str]:
        """One id a row."""
        ids = self.source.ids  # once: it may be made when asked for
        return [ids[row] for row in self.rows_N]

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self.source.dimension

    def vectors(self, rows: Any = None) -> Float32:
        """Float32 (n, D)."""
        return self.source.vectors(self.rows_N if rows is None else self.rows_N[rows])


@dataclass(frozen=True)
class ConsecutiveVectors:
    """Rows of other vectors that stand side by side: a shard of a corpus."""

    source: Vectors
    rows: range

    @cached_property
    def ids(self) -> Sequence[str]:
        """One id a row."""
        return self.source.ids[self.rows.start : self.rows.stop]

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self.source.dimension

    def vectors(self, rows: Any = None) -> Float32:
        """Float32 (n, D)."""
        if rows is None:
            rows = slice(None)
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self.rows))
            return self.source.vectors(slice(self.rows.start + start, self.rows.start + stop))
        return self.source.vectors(rows + self.rows.start)


@dataclass(frozen=True)
class VectorBlock:
    """Consecutive rows.

    Attributes:
        start: row of the first vector.
        vectors_ND: float32, C-contiguous, writable (PyTorch asks for it), finite.
        norms_N: at least the Euclidean length of each vector, and 0 for a zero vector.
    """

    start: int
    vectors_ND: Float32
    norms_N: Float64

    @property
    def stop(self) -> int:
        """Row behind the last vector."""
        return self.start + len(self.vectors_ND)

    @cached_property
    def rounded(self) -> RoundedBlock:
        """The vectors in bfloat16; they take half as much memory again."""
        return round_block(self.vectors_ND)


class VectorBlocks:
    """All rows of `source` in blocks of at most `block_rows`.

    The block read last is kept, so that vectors which fit one block are read once.

    Args:
        source: the vectors.
        name: what they are of, for messages: "query" or "document".
        block_rows: rows of a block.
    """

    def __init__(self, source: Vectors, name: str, block_rows: int) -> None:
        self.source = source
        self.dimension = source.dimension
        self.count = len(source.ids)
        self._name = name
        self._starts = range(0, self.count, max(1, block_rows))
        self._last: VectorBlock | None = None
        self._largest_norms: dict[int, float] = {}
        self._largest_residual: float | None = None

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[VectorBlock]:
        for start in self._starts:
            yield self._read(start)

    def largest_norm(self) -> float:
        """The length of the longest vector; reads the blocks that were not read before."""
        for start in self._starts:
            if start not in self._largest_norms:
                self._read(start)
        return max(self._largest_norms.values())

    def largest_residual(self) -> float:
        """How much rounding to bfloat16 takes from a vector; the first call reads everything."""
        if self._largest_residual is None:
            self._largest_residual = max(block.rounded.residual for block in self)
        return self._largest_residual

    @cached_property
    def rounded_sample(self) -> torch.Tensor:
        """Vectors from all over, in bfloat16 (at most `SAMPLE`, D)."""
        rows = np.unique(np.arange(SAMPLE) * self.count // SAMPLE)
        return round_vectors(np.array(self.source.vectors(rows), dtype=np.float32))[0]

    def holding(self, rows: Rows) -> tuple[Iterable[VectorBlock], Rows]:
        """Blocks that hold the given rows, and where the rows are in them; -1 stays -1.

        Of a corpus of several blocks only these rows are read.
        """
        if len(self) <= 1:
            return self, rows
        wanted = np.unique(rows)
        wanted = wanted[wanted >= 0]
        places = np.where(rows < 0, -1, np.searchsorted(wanted, rows))
        selected = SelectedVectors(self.source, wanted)
        # Half as large: the block read last stays beside them.
        return VectorBlocks(selected, self._name, self._starts.step // 2), places

    def _read(self, start: int) -> VectorBlock:
        if self._last is None or self._last.start != start:
            self._last = None
            rows = slice(start, min(start + self._starts.step, self.count))
            vectors_ND = np.require(self.source.vectors(rows), np.float32, ["C", "W"])
            norms_N = vector_norms(vectors_ND)
            self._check(norms_N, start)
            self._largest_norms[start] = float(norms_N.max())
            self._last = VectorBlock(start, vectors_ND, norms_N)
        return self._last

    def _check(self, norms_N: Float64, start: int) -> None:
        unusable = np.flatnonzero(~(norms_N < LARGEST_NORM))
        if len(unusable):
            raise SearchError(
                f"The vector of {self._name} {self.source.ids[start + int(unusable[0])]!r} is NaN, "
                f"infinite or longer than {LARGEST_NORM:g} ({len(unusable)} such among "
                f"{len(norms_N)}). The encoder that made it is broken, or overflowed in its "
                "precision: use another encoder, or encoding.precision=float32."
            )
