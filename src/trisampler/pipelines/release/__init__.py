"""The bundle to deploy, and how it differs from the one before."""

from trisampler.pipelines.release.pipeline import create_pipeline

__all__ = ["create_pipeline"]
