"""How a node says that a parameter may name functions of the user's own (`module:function`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trisampler.incremental.code import module_digest
from trisampler.incremental.declarations import P, R, declared, declaring
from trisampler.own_modules import import_current

_KIND = "functions_named"


def calls_named(
    argument: str, names: Callable[[Any], Iterable[str]]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a node calls what the parameter `argument` names.

    Args:
        argument: Name of the node function's argument, fed from `params:`.
        names: From that argument's value to names; those without a colon are ours.
    """
    return declaring(_KIND, argument, names)


def own_functions_digest(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str | None:
    """The digest of the modules of the user's functions; None where `function` calls none.

    The modules are imported as their files are now, so that what is digested is what is called.

    Raises:
        ImportError: A module cannot be imported.
    """
    declaration = declared(_KIND, function)
    if declaration is None:
        return None
    names = declaration.of_value(arguments[declaration.argument])
    modules = sorted({name.partition(":")[0] for name in names if ":" in name})
    if not modules:
        return None
    digest = hashlib.sha256()
    for module in modules:
        import_current(module)
        digest.update(f"{module}\0{module_digest(module)}\n".encode())
    return digest.hexdigest()
