"""Negatives from candidates."""

from trisampler.pipelines.sampling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
