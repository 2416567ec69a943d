"""Digest of the code that a node's result depends on.

Rule: the node's module and every module of this package that it imports, directly or not, at its
top or inside functions; where that is a package, the data files in its folder (templates) too.
Comments, formatting and docstrings do not count, nor do other packages, nor ours that decide
whether, where and how visibly work is done, but not what comes of it.
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

_ROOT = Path(__file__).resolve().parents[1]
# What these modules, and packages with all that they alone import, do never changes a result.
_NO_EFFECT_ON_RESULTS = frozenset(
    {"progress", "errors", "failures", "interruption", "cluster", "incremental"}
)


def code_digest(function: Callable[..., Any]) -> str:
    """SHA-256 over the syntax trees of the modules that `function` may run, in name order."""
    digest = hashlib.sha256()
    for module in sorted(reachable_modules(function.__module__)):
        digest.update(f"{module}\0{_tree_digest(module)}\n".encode())
    return digest.hexdigest()


def reachable_modules(module: str) -> set[str]:
    """`module` and all modules of this package that importing or running it can reach."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen or _has_no_effect(name):
            continue
        seen.add(name)
        waiting.extend(_imports(name))
    return seen


def _has_no_effect(module: str) -> bool:
    return module.partition(".")[2].partition(".")[0] in _NO_EFFECT_ON_RESULTS


@cache
def _source(module: str) -> Path | None:
    """The module's file: ours by its place in the package, others by where they were loaded."""
    package, *parts = module.split(".")
    if package != _ROOT.name:
        loaded = getattr(sys.modules.get(module), "__file__", None)
        return Path(loaded) if loaded else None
    path = _ROOT.joinpath(*parts)
    candidates = [path / "__init__.py", path.with_name(path.name + ".py")]
    return next((candidate for candidate in candidates if candidate.is_file()), None)


@cache
def _tree(module: str) -> ast.Module:
    source = _source(module)
    return ast.parse(source.read_bytes() if source else b"")


@cache
def _imports(module: str) -> frozenset[str]:
    return frozenset(name for name in _imported_names(_tree(module)) if _source(name) is not None)


def _imported_names(tree: ast.Module) -> Iterator[str]:
    """Dotted names in this package that may be modules; `from a import b` may name module a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            candidates = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in candidates:
            if name.startswith(f"{_ROOT.name}."):
                yield name
                # Importing a.b.c runs a.b's __init__ first.
                yield from _parents(name)


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for length in range(2, len(parts)):
        yield ".".join(parts[:length])


@cache
def _tree_digest(module: str) -> str:
    tree = _tree(module)
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
