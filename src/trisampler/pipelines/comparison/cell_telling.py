"""The nodes that say what a cell's training was like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from trisampler.cells import Cell
from trisampler.training.settings import TrainingSettings


def cell_teller(cell: Cell) -> Callable[..., Any]:
    """The node function of one cell; its seed's number is told too."""

    def tell_cell(
        negatives: pl.DataFrame,
        diagnostics: dict[str, Any],
        training_history: pl.DataFrame,
        candidates: pl.DataFrame,
        hidden_judgements: pl.DataFrame,
        alpha: float,
        training: TrainingSettings,
    ) -> dict[str, Any]:
        """The cell in numbers; false negatives where judgements were hidden.

        Negatives, diagnostics and candidates are the last round's, the history is all of it. Where
        negatives are drawn while training, those in `negatives` were not trained on, and
        nothing is told of them.
        """
        from trisampler.evaluation.comparison_cells import cell_facts, without_draw
        from trisampler.negatives.audit import MinedRound, count_false_negatives

        false = None
        if not hidden_judgements.is_empty():
            mined = MinedRound(negatives, candidates, diagnostics)
            false = count_false_negatives(mined, hidden_judgements, 1 - alpha)
        rounds = cell.variant.rounds
        facts = cell_facts(cell.number, diagnostics, training_history, false, rounds)
        if cell.draws_while_training(training):
            facts = without_draw(facts)
        return facts | {"variant": cell.variant.differences}

    return tell_cell


def join_histories(*histories: pl.DataFrame) -> pl.DataFrame:
    """The histories of a cell's rounds as one training's."""
    from trisampler.evaluation.comparison_cells import join_histories as join

    return join(histories)
