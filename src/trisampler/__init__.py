"""Dense retrievers trained with quasi-triangular negatives (TriSampler, AAAI 2024)."""

import os

__version__ = "0.1.0"

# Read once, when torch is first imported; a value that the user has set stays.
#
# Threads that wait for each other by spinning take the processor from whoever else runs. Spinning
# briefly was measured six times faster beside another busy process on two cores, and no slower
# than spinning long on a quiet machine (not spinning at all was a tenth slower there).
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# oneDNN keeps a compiled kernel for each of the last 1,024 shapes of a product, and texts come in
# many shapes: a MiniLM's process was measured 0.8 GiB larger for no speed.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
# PyTorch keeps handles on such kernels, 1,024 of each kind and thread, which hold their memory past
# that limit: a process that trained and embedded again and again grew by 3 MiB each time, and was
# 160 MiB smaller with this limit, at the same speed of encoding and of training.
os.environ.setdefault("LRU_CACHE_CAPACITY", "64")
