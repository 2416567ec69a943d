"""The encoder of a round, trained."""

from trisampler.pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
