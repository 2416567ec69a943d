"""Errors of this package."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class RegistryError(TrisamplerError):
    """A model registry that cannot be reached, or that does not have what is asked of it."""
