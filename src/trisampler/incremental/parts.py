"""How a node says that only a part of a parameter matters to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_ATTRIBUTE = "part_looked_at"


def looks_at(
    argument: str, part: Callable[[Any], Any]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a node's result depends on a part of the parameter `argument` alone.

    Args:
        argument: Name of the node function's argument, fed from `params:`.
        part: From that argument's value to what matters of it.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        setattr(function, _ATTRIBUTE, (argument, part))
        return function

    return declare


def part_looked_at(function: Callable[..., Any], argument: str, value: Any) -> Any:
    """What matters to `function` of the parameter `argument`: all of it unless declared."""
    declared, part = getattr(function, _ATTRIBUTE, (None, None))
    return part(value) if declared == argument and part is not None else value
