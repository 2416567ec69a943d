"""What the rounds' negatives were like, and how many of them are relevant in truth."""

from trisampler.pipelines.audit.pipeline import create_pipeline

__all__ = ["create_pipeline"]
