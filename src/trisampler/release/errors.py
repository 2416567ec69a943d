"""Errors of this package."""

from __future__ import annotations

from pathlib import Path

from trisampler.errors import TrisamplerError


class BundleError(TrisamplerError):
    """A bundle that is missing, damaged or foreign, parts that do not fit, or a bad question."""

    @classmethod
    def of(cls, folder: Path, what: str) -> BundleError:
        """The error of the bundle in `folder`."""
        return cls(
            f"The bundle {folder} cannot be used: {what}. Copy it again from where it was made, or "
            "make it again with `kedro run --pipelines refresh`."
        )
