"""Which files of source code there are: the standard library's, a package's or a folder's."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from trisampler.corpora.errors import SourceError, listed
from trisampler.corpora.folders import source_folder
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import SourceFiles
from trisampler.corpora.surrogates import is_encodable

# Tests are written to be alike, and installed packages are no part of the tree they lie in.
_SKIPPED_FOLDERS = frozenset(
    {"test", "tests", "idle_test", "site-packages", "dist-packages", "node_modules", "__pycache__"}
)


def list_python_files(settings: SourceSettings) -> SourceFiles:
    """The source files to read, by their path below the place that imports start from.

    Raises:
        SourceError: no such package or folder, or one without source files.
    """
    if settings.package is not None:
        root, paths = _package_files(settings.package)
    else:
        if settings.path is not None:
            root = source_folder(settings.path)
            prefix = f"{root.resolve().name}/" if (root / "__init__.py").is_file() else ""
        else:
            root, prefix = Path(sysconfig.get_path("stdlib")), ""
        paths = _named(root, prefix)
    if not paths:
        there = listed(root) if root.is_dir() else "no source file"
        raise SourceError.at(
            root, None, f"no Python files to read; {there}", "Name a folder with .py files in it"
        )
    return SourceFiles(root, dict(sorted(paths.items())))


def has_python_files(folder: Path) -> bool:
    """Whether there is any source file that would be read, at any depth."""
    return any(True for _ in _walk(folder))


def _named(folder: Path, prefix: str) -> dict[str, Path]:
    return {f"{prefix}{path.relative_to(folder).as_posix()}": path for path in _walk(folder)}


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [
            name for name in folders if name not in _SKIPPED_FOLDERS and not name.startswith(".")
        ]
        for name in names:
            path = Path(place, name)
            source = name.endswith(".py") and not name.startswith(".")
            if source and is_encodable(str(path)) and path.is_file():
                yield path


def _package_files(package: str) -> tuple[Path, dict[str, Path]]:
    spec = _find_without_import(package)
    if spec is None:
        raise SourceError(
            f"No package {package!r} is installed for {sys.executable}. Give its import name "
            "(which may differ from the name it is installed by), or install it"
        )
    stem = package.replace(".", "/")
    if spec.submodule_search_locations is not None:
        folders = [Path(folder) for folder in spec.submodule_search_locations]
        paths: dict[str, Path] = {}
        for folder in reversed(folders):  # of a name in several folders the first is imported
            paths.update(_named(folder, f"{stem}/"))
        return folders[0], paths
    origin = Path(spec.origin or package)
    return origin, {f"{stem}.py": origin} if origin.suffix == ".py" else {}


def _find_without_import(package: str) -> ModuleSpec | None:
    """Find a module as the import system would, but without running any parent of it."""
    parts = package.split(".")
    spec, search = None, None
    for end in range(1, len(parts) + 1):
        spec = _find_one(".".join(parts[:end]), search)
        if spec is None:
            return None
        search = list(spec.submodule_search_locations or [])
    return spec


def _find_one(name: str, search: list[str] | None) -> ModuleSpec | None:
    # PathFinder first: the import system's own order would give frozen modules without a file.
    # The other finders know packages that are installed in place.
    spec = PathFinder.find_spec(name, search)
    for finder in sys.meta_path:
        spec = spec or finder.find_spec(name, search)
    return spec
