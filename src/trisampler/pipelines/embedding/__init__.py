"""Corpus and queries to vectors, by one encoder."""

from trisampler.pipelines.embedding.pipeline import create_pipeline

__all__ = ["create_pipeline"]
