"""How documents are found: exactly, or by an index."""

from trisampler.pipelines.indexing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
