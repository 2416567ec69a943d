"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Mapping

NONE = "-"
"""What a cell without a value shows."""


def told_columns(columns: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The columns in which any row has a value."""
    return {heading: cells for heading, cells in columns.items() if set(cells) != {NONE}}


def table_lines(columns: Mapping[str, list[str]]) -> list[str]:
    """The lines of a table, by heading and cells; all columns but the first lean to the right."""
    lines = [_line(list(columns)), _line(["---"] + ["---:"] * (len(columns) - 1))]
    return lines + [_line(list(cells)) for cells in zip(*columns.values(), strict=True)]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
