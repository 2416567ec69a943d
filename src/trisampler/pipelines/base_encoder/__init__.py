"""The pretrained encoder that round 1 begins with."""

from trisampler.pipelines.base_encoder.pipeline import create_pipeline

__all__ = ["create_pipeline"]
