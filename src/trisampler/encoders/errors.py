"""What can go wrong with encoders and their stores, in words that say what to do."""

from trisampler.errors import TrisamplerError


class EncoderError(TrisamplerError):
    """A model cannot be found, loaded, saved or used as it was asked for."""


class EmbeddingsError(TrisamplerError):
    """An embeddings artifact is missing, incomplete, foreign or does not fit its cache."""


class VectorCacheError(TrisamplerError):
    """A vector cache cannot be used as it was asked for."""
