"""Tables, plots, the report and the model cards."""

from trisampler.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
