"""What every sampler would draw from the first round's candidates."""

from trisampler.pipelines.survey.pipeline import create_pipeline

__all__ = ["create_pipeline"]
