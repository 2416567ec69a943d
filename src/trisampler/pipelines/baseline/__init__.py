"""What training starts from and has to beat: BM25 and the pretrained encoder."""

from trisampler.pipelines.baseline.pipeline import create_pipeline

__all__ = ["create_pipeline"]
