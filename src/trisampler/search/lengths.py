"""How long vectors are, as error bounds need it: never too short.

Shapes: N rows, D dimensions.
"""

from __future__ import annotations

import numpy as np

from trisampler.search.arrays import Float32, Float64

_SMALLEST_SQUARE = 2.0**-126


def vector_norms(vectors_ND: Float32) -> Float64:
    """Lengths of vectors, never too small, exactly 0 for zero vectors; NaN or inf stay so."""
    dimension = vectors_ND.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        squares_N = np.einsum("nd,nd->n", vectors_ND, vectors_ND).astype(np.float64)
    # Squares below the smallest normal float32 may have been lost, each of them at most this much.
    lost = dimension * _SMALLEST_SQUARE
    norms_N: Float64 = np.sqrt(squares_N * (1 + dimension * 2.0**-22) + lost)
    small_N = np.flatnonzero(squares_N <= lost)
    norms_N[small_N[~vectors_ND[small_N].any(axis=1)]] = 0.0
    return norms_N
