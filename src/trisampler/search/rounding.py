"""How far a computed inner product can be from the exact one, whatever the order of its sum.

A sum of D products in a format of unit roundoff u is off by at most gamma = D u / (1 - D u) times
the sum of |q_i d_i|, which is at most |q| |d| (Higham, Accuracy and Stability of Numerical
Algorithms, section 3.1; Cauchy-Schwarz). The bounds below round that up. `norms` are lengths of
queries, `largest` the length of the longest document.
"""

from __future__ import annotations

import numpy as np

from trisampler.search.arrays import Float32, Float64

FLOAT32_ROUNDOFF = 2.0**-24
FLOAT64_ROUNDOFF = 2.0**-53
BFLOAT16_ROUNDOFF = 2.0**-8

_GENEROUS = 1.05
_SMALLEST_NORMAL = 2.0**-126  # of float32 and of bfloat16
_FLUSHED = 2 * _SMALLEST_NORMAL  # a product or partial sum this small may have been set to zero


def float32_error(norms: Float64, largest: float, dimension: int) -> Float64:
    """Bound for sums in float32."""
    relative = (dimension + 2) * FLOAT32_ROUNDOFF * _GENEROUS
    return relative * largest * norms + dimension * _FLUSHED


def float64_error(norms: Float64, other_norms: Float64, dimension: int) -> Float64:
    """Bound for sums in float64 of products of float32, which are exact; 0 for zero vectors."""
    relative = (dimension + 2) * FLOAT64_ROUNDOFF * _GENEROUS
    return relative * norms * other_norms


def bfloat16_error(
    norms: Float64, residuals: Float64, largest: float, largest_residual: float, dimension: int
) -> Float64:
    """Bound for vectors rounded to bfloat16, multiplied exactly and summed in float32.

    With q' and d' the rounded vectors, <q,d> - <q',d'> = <q - q', d> + <q', d - d'>, which is at
    most |q - q'| |d| + |q'| |d - d'|. The lengths of q - q' and d - d', the residuals, are those
    of the vectors at hand: less than half of what rounding could do at worst. The sum has two
    terms more, together as long as the longest inner product, and hardware may round twice a term.

    Args:
        norms: lengths of queries.
        residuals: lengths of what rounding took from them.
        largest: length of the longest document.
        largest_residual: the greatest length of what rounding took from a document.
        dimension: D.
    """
    # Hardware takes bfloat16 numbers below the normal ones for zero.
    lost = np.sqrt(dimension) * _SMALLEST_NORMAL
    residuals, largest_residual = residuals + lost, largest_residual + lost
    rounded_norms, rounded_largest = norms + residuals, largest + largest_residual
    rounded = residuals * largest + rounded_norms * largest_residual
    summed = 4 * (dimension + 4) * FLOAT32_ROUNDOFF * _GENEROUS * rounded_norms * rounded_largest
    return (rounded + summed) * (1 + FLOAT32_ROUNDOFF) + dimension * _FLUSHED


def bfloat16_below(numbers: Float64) -> Float64:
    """The greatest bfloat16 numbers that are not above `numbers`; as float64."""
    bits = _float32_below(numbers).view(np.int32)
    toward_zero = bits & ~0xFFFF
    above = toward_zero.view(np.float32) > numbers
    # Away from zero by one step of bfloat16; only negative numbers were rounded up.
    return (
        np.where(above, toward_zero + 0x10000, toward_zero)
        .astype(np.int32)
        .view(np.float32)
        .astype(np.float64)
    )


def bfloat16_parts(numbers: Float64) -> tuple[Float64, Float64]:
    """Two bfloat16 numbers for each, exact in sum, which is not above `numbers` but near it."""
    numbers = _float32_below(numbers).astype(np.float64)
    coarse = bfloat16_below(numbers)
    return coarse, bfloat16_below(numbers - coarse)


def _float32_below(numbers: Float64) -> Float32:
    nearest = numbers.astype(np.float32)
    return np.where(nearest > numbers, np.nextafter(nearest, np.float32(-np.inf)), nearest)
