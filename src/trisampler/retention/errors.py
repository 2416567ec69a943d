"""Errors of this package."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class RetentionError(TrisamplerError):
    """Something that cannot go, or not now."""
