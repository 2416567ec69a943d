"""Raw data in; corpus, queries, judgements and a report out."""

from trisampler.pipelines.ingestion.pipeline import create_corpus_pipeline, create_pipeline

__all__ = ["create_corpus_pipeline", "create_pipeline"]
