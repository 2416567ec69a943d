"""What can go wrong in an export and be mended by the user."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class ExportError(TrisamplerError):
    """Tables that do not belong together, or a format that does not exist.

    The message names what was found and what to do about it.
    """
