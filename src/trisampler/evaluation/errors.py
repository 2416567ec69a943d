"""Errors of evaluation that a user can mend."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class EvaluationError(TrisamplerError):
    """Measurements that cannot be made or compared as asked."""


class RunFileError(EvaluationError):
    """A ranking that is no ranking: a broken line, a document twice, a score that is no number."""
