"""Names for the arrays of this package.

Shape suffixes: P (query, positive) pairs, Q queries, K candidate columns, M columns kept by a
stage, N documents, D dimensions, T proposals, X entries of a ragged list.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Bool = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating[Any]]
