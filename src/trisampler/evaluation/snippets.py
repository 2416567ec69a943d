"""Texts cut to what a table holds."""

from __future__ import annotations

import re

_NOT_SHOWN = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def snippet(text: str, characters: int) -> str:
    """The beginning of `text` in one line: white space and control characters become one space.

    What is longer than `characters` ends with an ellipsis, at a word's end where there is one in
    the last fifth.
    """
    line = _NOT_SHOWN.sub(" ", text).strip()
    if len(line) <= characters:
        return line
    cut = line[: characters - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > 0.8 * characters else cut).rstrip() + "\u2026"
