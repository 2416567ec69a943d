"""Nodes that look at negatives with what training never saw."""

from __future__ import annotations

from typing import Any

import polars as pl


def audit_negatives(
    hidden_judgements: pl.DataFrame, alpha: float, **of_rounds: Any
) -> dict[str, Any]:
    """All rounds' negatives in numbers, false negatives included.

    Args:
        hidden_judgements: Kept from mining and training.
        alpha: Intervals cover 1 - alpha.
        of_rounds: `<artifact>_of_round_<n>` for negatives, candidates and diagnostics.
    """
    from trisampler.negatives.audit import MinedRound, audit_rounds

    rounds = sum(name.startswith("negatives_of_round_") for name in of_rounds)
    mined = [
        MinedRound(
            negatives=of_rounds[f"negatives_of_round_{number}"],
            candidates=of_rounds[f"candidates_of_round_{number}"],
            diagnostics=of_rounds[f"diagnostics_of_round_{number}"],
        )
        for number in range(1, rounds + 1)
    ]
    return audit_rounds(mined, hidden_judgements, 1 - alpha)
