"""BM25: the lexical baseline and a source of candidates."""
