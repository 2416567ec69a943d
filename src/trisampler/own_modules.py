"""Modules of the user's own as their files are now: in a live kernel they may have been edited."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TypeGuard

Stamp = tuple[int, int]
"""Time, in nanoseconds since 1970, and size of a file: another stamp, another content."""

_PACKAGE = __name__.partition(".")[0]
_imported: dict[str, Stamp] = {}
_runs: list[None] = []


def import_current(module: str) -> ModuleType:
    """Import a module, anew with all of its package where a file of these was edited since.

    So it is too where the package holds what `%reload_kedro` has replaced by another of ours.

    Raises:
        ImportError: It cannot be imported; what its code raises comes as it is.
    """
    made = importlib.import_module(module)
    package = module.partition(".")[0]
    if _runs or package in (_PACKAGE, "__main__"):
        return made
    stamps = _stamps(package)
    stale = any(_is_stale(name, stamp) for name, stamp in stamps.items())
    if stale or any(_holds_replaced(sys.modules[name]) for name in _loaded(package)):
        for name in _loaded(package):
            del sys.modules[name]
        importlib.invalidate_caches()
        made = importlib.import_module(module)
        stamps = _stamps(package)
    _imported.update(stamps)
    return made


@contextmanager
def kept_as_imported() -> Iterator[None]:
    """Within, `import_current` takes modules as they are loaded: nodes run what their keys say."""
    _runs.append(None)
    try:
        yield
    finally:
        _runs.pop()


def stamp_of(file: Path) -> Stamp:
    """The stamp of a file that is there."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size


def _is_stale(name: str, stamp: Stamp) -> bool:
    """Whether another content may have been imported: nobody tells when that was."""
    known = _imported.get(name)
    return stamp[0] / 1e9 > _process_began() if known is None else stamp != known


def _holds_replaced(module: ModuleType) -> bool:
    """Whether a module, class or function of ours that it imported is no longer the loaded one."""
    return any(_is_replaced(value) for value in list(vars(module).values()))


def _is_replaced(value: object) -> bool:
    if isinstance(value, type):
        home, name = value.__module__, value.__name__
        # A class within another is not to be found by its name.
        return _is_ours(home) and (
            home not in sys.modules or getattr(sys.modules[home], name, value) is not value
        )
    if not isinstance(value, ModuleType | FunctionType):
        return False
    names = vars(value) if isinstance(value, ModuleType) else value.__globals__
    origin = names.get("__name__")
    return _is_ours(origin) and getattr(sys.modules.get(origin), "__dict__", None) is not names


def _is_ours(module: object) -> TypeGuard[str]:
    return isinstance(module, str) and module.partition(".")[0] == _PACKAGE


def _stamps(package: str) -> dict[str, Stamp]:
    """Of all modules of the package that are loaded, by name."""
    files = {name: getattr(sys.modules[name], "__file__", None) for name in _loaded(package)}
    return {
        name: stamp_of(Path(file)) for name, file in files.items() if file and Path(file).is_file()
    }


def _loaded(package: str) -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] == package]


def _process_began() -> float:
    """In seconds since 1970: Python loads its logging before anybody's modules."""
    record = logging.LogRecord("", logging.NOTSET, "", 0, "", None, None)
    return record.created - record.relativeCreated / 1000
