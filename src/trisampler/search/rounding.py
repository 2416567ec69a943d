"""How far a computed inner product can be from the exact one, whatever the order of its sum.

A sum of D products in a format of unit roundoff u is off by at most gamma = D u / (1 - D u) times
the sum of |q_i d_i|, which is at most |q| |d| (Higham, Accuracy and Stability of Numerical
Algorithms, section 3.1; Cauchy-Schwarz). The bounds below round that up. `norms` are lengths of
queries, `largest` the length of the longest document.
"""

from __future__ import annotations

import numpy as np

from trisampler.search.arrays import Float64

FLOAT32_ROUNDOFF = 2.0**-24
FLOAT64_ROUNDOFF = 2.0**-53
BFLOAT16_ROUNDOFF = 2.0**-8

_GENEROUS = 1.05
_FLUSHED = 2.0**-125  # a product or partial sum this small may have been set to zero


def float32_error(norms: Float64, largest: float, dimension: int) -> Float64:
    """Bound for sums in float32."""
    relative = (dimension + 2) * FLOAT32_ROUNDOFF * _GENEROUS
    return relative * largest * norms + dimension * _FLUSHED


def float64_error(norms: Float64, other_norms: Float64, dimension: int) -> Float64:
    """Bound for sums in float64 of products of float32, which are exact; 0 for zero vectors."""
    relative = (dimension + 2) * FLOAT64_ROUNDOFF * _GENEROUS
    return relative * norms * other_norms


def bfloat16_error(norms: Float64, largest: float, dimension: int) -> Float64:
    """Bound for vectors rounded to bfloat16, multiplied exactly and summed in float32.

    Both factors are off by u, so the products by 2 u + u^2. The sum has one term more, as long as
    the longest inner product, and hardware may round twice a term.
    """
    rounded = 2 * BFLOAT16_ROUNDOFF + BFLOAT16_ROUNDOFF**2
    summed = 4 * (dimension + 4) * FLOAT32_ROUNDOFF
    return (rounded + summed) * _GENEROUS * largest * norms + dimension * _FLUSHED


def bfloat16_below(numbers: Float64) -> Float64:
    """The greatest bfloat16 numbers that are not above `numbers`; as float64."""
    bits = numbers.astype(np.float32).view(np.int32)
    toward_zero = bits & ~0xFFFF
    above = toward_zero.view(np.float32) > numbers
    # Away from zero by one step of bfloat16; only negative numbers were rounded up.
    return (
        np.where(above, toward_zero + 0x10000, toward_zero)
        .astype(np.int32)
        .view(np.float32)
        .astype(np.float64)
    )
