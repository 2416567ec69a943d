"""Paired tests over queries: is a difference of means more than chance?

Both are the usual ones of information retrieval (Smucker, Allan and Carterette, CIKM 2007):
Fisher's randomisation test, which assumes nothing about the values, and the percentile bootstrap.
All comparisons of one split are tested together on the same sign flips and the same samples.

Shapes: Q queries, C comparisons (system and measure), F sign flips, S samples.

Sums are made of whole numbers below 2^53 (`whole_numbers`), which floating point adds without
error. So a result has the same bits on any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_CELLS_PER_BLOCK = 1 << 21


@dataclass(frozen=True)
class RandomisationTest:
    """Two-sided p-values of the hypothesis that the signs of the differences are coin tosses.

    Attributes:
        p_values: Per comparison (C,), the share of sign flips whose mean lies at least as far
            from zero as the found one. Of drawn flips it is (1 + hits) / (1 + flips), which counts
            the found one and is never 0.
        exact: Every one of the 2^Q sign flips was looked at.
    """

    p_values: Floats
    exact: bool


def randomisation_test(
    differences_QC: Floats, permutations: int, generator: np.random.Generator
) -> RandomisationTest:
    """Test each column's mean against zero.

    All 2^Q sign flips are used where they are no more than `permutations`, else that many random
    ones.

    Args:
        differences_QC: Value of the system minus value of the baseline, per query.
        permutations: Sign flips to draw.
        generator: Where random signs come from; not touched by the exact test.
    """
    queries = len(differences_QC)
    whole_QC, _ = whole_numbers(differences_QC)
    # Each whole number is off by half a unit at most, so sums closer than Q units may be equal.
    found_C = np.abs(whole_QC.sum(axis=0)) - queries
    blocks, exact = sign_flips(queries, permutations, generator)
    hits_C = np.zeros(differences_QC.shape[1])
    flips = 0
    for signs_FQ in blocks:
        hits_C += (np.abs(signs_FQ @ whole_QC) >= found_C).sum(axis=0)
        flips += len(signs_FQ)
    p_values_C = hits_C / flips if exact else (1 + hits_C) / (1 + flips)
    return RandomisationTest(p_values_C, exact)


def bootstrap_interval(
    values_QC: Floats, resamples: int, coverage: float, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Percentile interval of each column's mean under resampling of queries.

    Args:
        values_QC: Differences, or values of systems.
        resamples: Samples of Q queries with replacement.
        coverage: Such as 0.95.
        generator: Where samples come from.

    Returns:
        Lower and upper ends, each (C,).
    """
    queries = len(values_QC)
    whole_QC, unit_C = whole_numbers(values_QC)
    sums_SC = np.concatenate(
        [counts_SQ @ whole_QC for counts_SQ in random_counts(queries, resamples, generator)]
    )
    tail = (1 - coverage) / 2
    low_C, high_C = np.quantile(sums_SC, [tail, 1 - tail], axis=0) * unit_C / queries
    return low_C, high_C


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: p-values that hold for the whole family (Holm, 1979).

    The i-th smallest of m is multiplied by m - i + 1; none may fall below the one before it.
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = largest
    return corrected


def smallest_p(queries: int) -> float:
    """The two-sided p-value of all Q differences having one sign, if signs were coin tosses.

    It is what so few queries can say at most, however alike their differences are.
    """
    return float(2.0 ** (1 - queries))


def whole_numbers(values_QC: Floats) -> tuple[Floats, Floats]:
    """Whole numbers (as float64) and the unit per column: values = whole x unit.

    Units are powers of two, small enough to keep all but the last digits and large enough that any
    sum of Q signed or resampled whole numbers stays within 2^52.
    """
    largest_C = len(values_QC) * np.abs(values_QC).max(axis=0, initial=0.0)
    _, exponent_C = np.frexp(largest_C)
    shift_C = 52 - exponent_C
    return np.rint(np.ldexp(values_QC, shift_C)), np.ldexp(1.0, -shift_C)


def sign_flips(
    queries: int, permutations: int, generator: np.random.Generator
) -> tuple[Iterator[Floats], bool]:
    """Sign flips as blocks of rows (F, Q) of 1 and -1, and whether they are all 2^Q.

    They are where these are no more than `permutations`; else that many random ones are drawn.
    """
    exact = queries < 63 and 2**queries <= permutations
    if exact:
        return _all_signs(queries), exact
    return _random_signs(queries, permutations, generator), exact


def _all_signs(queries: int) -> Iterator[Floats]:
    patterns = np.arange(2**queries)
    for block in np.array_split(patterns, 1 + len(patterns) * queries // _CELLS_PER_BLOCK):
        bits_FQ = block[:, None] >> np.arange(queries) & 1
        yield 1.0 - 2.0 * bits_FQ.astype(np.float64)


def _random_signs(queries: int, flips: int, generator: np.random.Generator) -> Iterator[Floats]:
    for size in _block_sizes(flips, queries):
        bits_FQ = generator.integers(0, 2, size=(size, queries), dtype=np.int8)
        yield 1.0 - 2.0 * bits_FQ.astype(np.float64)


def random_counts(queries: int, samples: int, generator: np.random.Generator) -> Iterator[Floats]:
    """How often each query stands in each of `samples` samples of Q queries."""
    for size in _block_sizes(samples, queries):
        drawn_SQ = generator.integers(0, queries, size=(size, queries))
        cells = drawn_SQ + queries * np.arange(size)[:, None]
        counts = np.bincount(cells.ravel(), minlength=size * queries)
        yield counts.reshape(size, queries).astype(np.float64)


def _block_sizes(rows: int, columns: int) -> Iterator[int]:
    size = max(1, _CELLS_PER_BLOCK // columns)
    for start in range(0, rows, size):
        yield min(size, rows - start)
