"""How a node says that it reads something outside the catalog (raw files, model weights)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trisampler.incremental.declarations import P, R, declared, declaring

_KIND = "outside_digest"


def reads_outside(
    argument: str, digest: Callable[[Any], str]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a node's result depends on what the parameter `argument` points to.

    Args:
        argument: Name of the node function's argument, fed from `params:`.
        digest: From that argument's value to a digest of what it points to.
    """
    return declaring(_KIND, argument, digest)


def is_outside_read(function: Callable[..., Any]) -> bool:
    """Whether `function` reads something outside the catalog."""
    return declared(_KIND, function) is not None


def outside_digest(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str | None:
    """The digest of what `function` reads outside the catalog, or None where it reads nothing."""
    declaration = declared(_KIND, function)
    if declaration is None:
        return None
    return str(declaration.of_value(arguments[declaration.argument]))
