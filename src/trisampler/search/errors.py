"""Errors of this package."""

from trisampler.errors import TrisamplerError


class SearchError(TrisamplerError):
    """Vectors, texts or tables that cannot be searched, and what to do about it."""
