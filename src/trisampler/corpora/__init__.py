"""Documents, queries and judgements: read from a source, mended, checked and split."""
