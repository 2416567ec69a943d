"""What a node function says of itself that its parameters do not: kept with the function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Declaration(NamedTuple):
    """Something about one argument.

    Attributes:
        argument: Name of the node function's argument, fed from `params:`.
        of_value: From that argument's value to what counts.
    """

    argument: str
    of_value: Callable[[Any], Any]


def declaring(
    kind: str, argument: str, of_value: Callable[[Any], Any]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The decorator that declares this of a function; `kind` tells declarations apart."""

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        setattr(function, kind, Declaration(argument, of_value))
        return function

    return declare


def declared(kind: str, function: Callable[..., Any]) -> Declaration | None:
    """What was declared of `function`, or None."""
    found: Declaration | None = getattr(function, kind, None)
    return found
