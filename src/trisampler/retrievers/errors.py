"""Errors of this package."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class RetrieverError(TrisamplerError):
    """No such retriever, or one that cannot be what it is asked to be."""
