"""The fixed pool on which training measures itself."""

from trisampler.pipelines.development.pipeline import create_pipeline

__all__ = ["create_pipeline"]
