"""How a node says that only a part of a parameter matters to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trisampler.incremental.declarations import P, R, declared, declaring

_KIND = "part_looked_at"


def looks_at(
    argument: str, part: Callable[[Any], Any]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a node's result depends on a part of the parameter `argument` alone.

    Args:
        argument: Name of the node function's argument, fed from `params:`.
        part: From that argument's value to what matters of it.
    """
    return declaring(_KIND, argument, part)


def part_looked_at(function: Callable[..., Any], argument: str, value: Any) -> Any:
    """What matters to `function` of the parameter `argument`: all of it unless declared."""
    declaration = declared(_KIND, function)
    if declaration is None or declaration.argument != argument:
        return value
    return declaration.of_value(value)
