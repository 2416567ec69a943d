"""What an encoder finds for the queries that it is measured on."""

from trisampler.pipelines.search.pipeline import create_pipeline

__all__ = ["create_pipeline"]
