"""Every system, measured on dev and test."""

from trisampler.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
