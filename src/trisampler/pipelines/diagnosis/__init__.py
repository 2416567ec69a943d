"""What to look at: the queries that changed most, and what to be warned of."""

from trisampler.pipelines.diagnosis.pipeline import create_pipeline

__all__ = ["create_pipeline"]
