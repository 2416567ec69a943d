"""A teacher's scores of what negatives are drawn from."""

from trisampler.pipelines.teaching.pipeline import create_pipeline

__all__ = ["create_pipeline"]
