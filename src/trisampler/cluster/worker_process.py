"""What every worker process begins with."""

from __future__ import annotations

import logging


def set_up() -> None:
    """Log as the process does that started the run; Ray brings the lines there."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("trisampler").setLevel(logging.INFO)
    # Ray Train's guard asks for Ray's dashboard each second, and warns where there is none.
    guard = "ray.train.v2._internal.execution.controller.placement_group_cleaner"
    logging.getLogger(guard).setLevel(logging.ERROR)
