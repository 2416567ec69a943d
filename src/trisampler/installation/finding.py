"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "slow", "broken"]
"""note: worth knowing; slow: works, slower than it could; broken: does not work."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: how it is.
        what: was looked at, in a word or two.
        found: what was found.
        remedy: what to do; "" where there is nothing to do.
    """

    state: State
    what: str
    found: str
    remedy: str = ""
