"""Errors of this package."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class RegistryError(TrisamplerError):
    """A model registry that cannot be reached, or that does not have what is asked of it."""


class NoAnswerError(RegistryError):
    """MLflow did not answer as it should; another time it may."""
