"""Nested dictionaries: as rows of a table, and looked up by dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flatten(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """(dotted key, value in print) for every leaf, in the tree's order.

    Numbers are shown with at most six digits that count; empty containers show as a dash.
    """
    rows: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            rows += flatten(value, f"{name}.")
        else:
            rows.append((name, _print(value)))
    return rows


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
    return "-" if value is None or value in ([], (), {}) else str(value)
