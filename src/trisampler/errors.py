"""The error a user can mend: shown as one message, without a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class TrisamplerError(Exception):
    """Something the user can mend.

    The message says what was found, where (file, line, id), and what to do about it.
    Packages derive their own errors from it; the command line prints it bare.
    """


def told(error: ValidationError) -> str:
    """Every key of a settings file that does not fit, with what is wrong and what was found."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))}: {problem['msg']} (found {problem['input']!r})"
        for problem in error.errors(include_url=False)
    )
