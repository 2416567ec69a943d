"""How a node says that it reads something outside the catalog (raw files, model weights)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_ATTRIBUTE = "outside_digest"


def reads_outside(
    argument: str, digest: Callable[[Any], str]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a node's result depends on what the parameter `argument` points to.

    Args:
        argument: Name of the node function's argument, fed from `params:`.
        digest: From that argument's value to a digest of what it points to.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        setattr(function, _ATTRIBUTE, (argument, digest))
        return function

    return declare


def is_outside_read(function: Callable[..., Any]) -> bool:
    """Whether `function` reads something outside the catalog."""
    return hasattr(function, _ATTRIBUTE)


def outside_digest(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str | None:
    """The digest of what `function` reads outside the catalog, or None where it reads nothing."""
    declared = getattr(function, _ATTRIBUTE, None)
    if declared is None:
        return None
    argument, digest = declared
    return str(digest(arguments[argument]))
