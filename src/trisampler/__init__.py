"""Dense retrievers trained with quasi-triangular negatives (TriSampler, AAAI 2024)."""

__version__ = "0.1.0"
