"""Names of metrics and parameters as MLflow takes them."""

from __future__ import annotations

import re

# What measures are written with, `RR(rel=2)@10`, in characters that MLflow takes on any system.
_MEASURES = {"@": "_at_", "(": ".", "=": "-", ",": ".", ")": ""}
_REFUSED = re.compile(r"[^\w./ :-]")


def mlflow_name(name: str) -> str:
    """`name` without the characters that MLflow refuses: RR(rel=2)@10 is RR.rel-2_at_10.

    What no measure is written with becomes its number, so that no two names become one.
    """
    return _REFUSED.sub(lambda found: _MEASURES.get(found[0], f"_{ord(found[0]):x}_"), name)
