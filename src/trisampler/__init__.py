"""Dense retrievers trained with quasi-triangular negatives (TriSampler, AAAI 2024)."""

import os

__version__ = "0.1.0"

# Threads that wait for each other by spinning take the processor from whoever else runs: with one
# other busy process on two cores, encoding was measured six times slower. OpenMP reads this once,
# when torch is first imported; a value that the user has set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
