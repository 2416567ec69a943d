"""Digest of the code that a node's result depends on.

Rule: the node's module and every module of this package that it imports, directly or not, at its
top or inside functions; where that is a package, the data files in its folder (templates) too. Of a
module that is not ours, the modules of its own package count likewise. Comments, formatting and
docstrings do not count, nor do other packages, nor ours that decide whether, where and how visibly
work is done, but not what comes of it.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from trisampler.hashing import digest_files
from trisampler.own_modules import Stamp, stamp_of

_ROOT = Path(__file__).resolve().parents[1]
# What these modules, and packages with all that they alone import, do never changes a result.
_NO_EFFECT_ON_RESULTS = frozenset(
    {"progress", "errors", "failures", "interruption", "cluster", "incremental", "own_modules"}
)


def code_digest(function: Callable[..., Any]) -> str:
    """SHA-256 over the syntax trees of the modules that `function` may run, in name order."""
    return module_digest(function.__module__)


def module_digest(module: str) -> str:
    """The same of all functions of a module that is loaded, or is ours."""
    digest = hashlib.sha256()
    for reached in sorted(reachable_modules(module)):
        digest.update(f"{reached}\0{_tree_digest(reached, _stamp(reached))}\n".encode())
    return digest.hexdigest()


def reachable_modules(module: str) -> set[str]:
    """`module` and all modules of its package and ours that importing or running it can reach."""
    seen: set[str] = set()
    waiting = [module] if _is_ours(module) else [module, *_parents(module)]
    while waiting:
        name = waiting.pop()
        if name in seen or _has_no_effect(name):
            continue
        seen.add(name)
        waiting.extend(_imports(name, _stamp(name)))
    return seen


def _has_no_effect(module: str) -> bool:
    part = module.partition(".")[2].partition(".")[0]
    return _is_ours(module) and part in _NO_EFFECT_ON_RESULTS


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == _ROOT.name


def _source(module: str) -> Path | None:
    """The module's file, by its place in its package; None where there is none in Python."""
    return _source_of_ours(module) if _is_ours(module) else _look_for(module)


@cache
def _source_of_ours(module: str) -> Path | None:
    return _look_for(module)


def _look_for(module: str) -> Path | None:
    package, *parts = module.split(".")
    for root in _roots(package):
        path = root.joinpath(*parts)
        for candidate in (path / "__init__.py", path.with_name(path.name + ".py")):
            if candidate.is_file():
                return candidate
    return None


def _roots(package: str) -> list[Path]:
    """Where the package begins: ours here, others where they were loaded from."""
    if package == _ROOT.name:
        return [_ROOT]
    loaded = sys.modules.get(package)
    folders = getattr(loaded, "__path__", None)
    if folders is not None:
        return [Path(folder) for folder in folders]
    file = getattr(loaded, "__file__", None)
    return [Path(file).with_suffix("")] if file else []


def _stamp(module: str) -> Stamp | None:
    """What tells that a module was edited; ours are not while they run."""
    source = None if _is_ours(module) else _source(module)
    return stamp_of(source) if source else None


@cache
def _tree(module: str, stamp: Stamp | None) -> ast.Module:  # noqa: ARG001
    source = _source(module)
    return ast.parse(source.read_bytes() if source else b"")


@cache
def _imports(module: str, stamp: Stamp | None) -> frozenset[str]:
    tree = _tree(module, stamp)
    return frozenset(name for name in _imported_names(module, tree) if _source(name) is not None)


def _imported_names(module: str, tree: ast.Module) -> Iterator[str]:
    """Dotted names in its package and ours that may be modules; `from a import b` may name a.b."""
    packages = {_ROOT.name, module.partition(".")[0]}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module)
            candidates = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in candidates:
            if name.partition(".")[0] in packages and name != _ROOT.name:
                yield name
                # Importing a.b.c runs a.b's __init__ first.
                yield from _parents(name)


def _base(node: ast.ImportFrom, module: str) -> str:
    """The module that names are imported from; dots before it count from the module's package."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    source = _source(module)
    up = node.level - (source is not None and source.name == "__init__.py")
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for length in range(2 if _is_ours(name) else 1, len(parts)):
        yield ".".join(parts[:length])


@cache
def _tree_digest(module: str, stamp: Stamp | None) -> str:
    tree = _tree(module, stamp)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _drop_docstring(node)
    return hashlib.sha256(f"{ast.dump(tree)}\0{_data_digest(module)}".encode()).hexdigest()


def _data_digest(module: str) -> str:
    source = _source(module)
    if source is None or source.name != "__init__.py":
        return ""
    data = [path for path in source.parent.iterdir() if path.is_file() and path.suffix == ".j2"]
    return digest_files(data, source.parent)


def _drop_docstring(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:]
