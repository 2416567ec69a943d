"""The gate between a new encoder and the champion, and the registration of the bundle."""

from trisampler.pipelines.promotion.pipeline import create_pipeline, create_registration

__all__ = ["create_pipeline", "create_registration"]
