"""Errors of this package."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class WebError(TrisamplerError):
    """A request that cannot be answered, or an address that cannot be served at."""
