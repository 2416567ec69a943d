"""Raw data in; corpus, queries, judgements and a report out."""

from trisampler.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
