"""What the site does with a page's Markdown (MkDocs calls it), so that it reads on a code host too.

Generated parts are made anew, and a link to a source file, [`name`](../src/MODULE.py), leads to the
name's place in the reference.
"""

from __future__ import annotations

import re
from typing import Any

from generated import with_generated

_MARKER = re.compile(r"<!-- (?:generated|end): \w+ -->\n?")
_SOURCE = re.compile(r"\[`(?P<name>\w+)`\]\(\.\./src/(?P<module>[\w/]+)\.py\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page as the site shows it."""
    return _SOURCE.sub(_to_reference, _MARKER.sub("", with_generated(markdown)))


def _to_reference(link: re.Match[str]) -> str:
    return f"[`{link['name']}`][{link['module'].replace('/', '.')}.{link['name']}]"
