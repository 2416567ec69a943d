"""The user's cache folder, for what can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def user_cache(part: str) -> Path:
    """A folder of this package in XDG_CACHE_HOME, or in ~/.cache; it need not exist."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "trisampler" / part
