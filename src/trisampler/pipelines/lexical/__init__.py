"""BM25: the lexical baseline and a source of candidates."""

from trisampler.pipelines.lexical.pipeline import create_pipeline

__all__ = ["create_pipeline"]
