"""The encoder's nearest documents of each training query, and of each positive."""

from trisampler.pipelines.retrieval.pipeline import create_pipeline

__all__ = ["create_pipeline"]
