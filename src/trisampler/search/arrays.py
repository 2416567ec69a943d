"""Names for the arrays of this package.

Shape suffixes: Q queries, N documents, D dimensions, K results of a query, W columns of a
shortlist, T documents of a tile, P (query, document) pairs one after another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.integer[Any]]
