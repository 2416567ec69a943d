"""Nested dictionaries: as rows of a table, and looked up by dotted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trisampler.evaluation.markdown import NONE


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) for every leaf, in the tree's order; an empty dictionary is a leaf."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{name}.")
        else:
            yield name, value


def flatten(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(dotted key, value in print) for every leaf, in the tree's order.

    Numbers are shown with at most six digits that count; empty containers show as a dash.
    """
    return [(name, _print(value)) for name, value in leaves(tree)]


def look_up(tree: Mapping[str, Any], key: str) -> Any:
    """What stands under a dotted key; None where a part of it is missing."""
    found: Any = tree
    for name in key.split("."):
        found = None if found is None else found.get(name)
    return found


def _print(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple) and value:
        return ", ".join(_print(item) for item in value)
    return NONE if value is None or value in ([], (), {}) else str(value)
