"""The systems that are compared: how they are named in print and in which order they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable

LEXICAL = "bm25"
ENCODERS = "encoder_"  # and the round's number
UNTUNED = "encoder_0"


def system_label(system: str) -> str:
    """The name of a system in print."""
    return "BM25" if system == LEXICAL else system


def in_order(systems: Iterable[str]) -> list[str]:
    """BM25, the encoders by round, then everything else by name; numbers compare as numbers."""
    return sorted(set(systems), key=_place)


def _place(system: str) -> tuple[int, list[tuple[int, str]]]:
    group = 0 if system == LEXICAL else 1 if system.startswith(ENCODERS) else 2
    parts = re.findall(r"\d+|\D+", system)
    return group, [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
