"""Modules of the user's own as their files are now: in a live kernel they may have been edited."""

from __future__ import annotations

import importlib
import logging
import sys
from pathlib import Path

Stamp = tuple[int, int]
"""Time, in nanoseconds since 1970, and size of a file: another stamp, another content."""

_PACKAGE = __name__.partition(".")[0]
_imported: dict[str, Stamp] = {}


def import_current(module: str) -> None:
    """Import a module, anew with all of its package where a file of these was edited since.

    Raises:
        ImportError: It cannot be imported.
    """
    importlib.import_module(module)
    package = module.partition(".")[0]
    if package in (_PACKAGE, "__main__"):
        return
    stamps = _stamps(package)
    if any(_is_stale(name, stamp) for name, stamp in stamps.items()):
        for name in _loaded(package):
            del sys.modules[name]
        importlib.invalidate_caches()
        importlib.import_module(module)
        stamps = _stamps(package)
    _imported.update(stamps)


def stamp_of(file: Path) -> Stamp:
    """The stamp of a file that is there."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size


def _is_stale(name: str, stamp: Stamp) -> bool:
    """Whether another content may have been imported: nobody tells when that was."""
    known = _imported.get(name)
    return stamp[0] / 1e9 > _process_began() if known is None else stamp != known


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
