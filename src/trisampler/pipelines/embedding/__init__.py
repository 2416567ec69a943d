"""Corpus and queries to vectors, by one encoder."""
