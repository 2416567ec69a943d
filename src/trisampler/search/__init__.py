"""Top-K over vectors, exact and in one order, and over words (BM25)."""
