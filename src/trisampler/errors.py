"""The error a user can mend: shown as one message, without a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_Settings = TypeVar("_Settings", bound="BaseModel")


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


def fitting(
    model: type[_Settings], tree: Any, file: str, error_type: type[TrisamplerError]
) -> _Settings:
    """The content of conf/<env>/`file`, validated.

    Raises:
        TrisamplerError: of the type given, naming every key that does not fit.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise error_type(f"conf/<env>/{file} does not fit: {told(error)}.") from None
