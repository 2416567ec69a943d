"""The comparison of samplers by what they train."""

from trisampler.pipelines.comparison.pipeline import create_pipeline

__all__ = ["create_pipeline"]
