"""What the trainings of the comparison left: facts, learning curves, measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

_DEV_PREFIX = "dev_"
_OF_THE_DRAW = (
    "negatives",
    "candidates_per_pair",
    "drawn_share_leaning_to_positive",
    "drawn_share_harder_than_positive",
    "false_negatives",
    "false_negative_rate",
)

CURVES_SCHEMA = pl.Schema(
    {
        "sampler": pl.String,
        "seed_number": pl.Int32,
        "step": pl.Int32,
        "documents": pl.Int64,
        "measure": pl.String,
        "dev": pl.Float64,
    }
)


@dataclass(frozen=True)
class CellResult:
    """One training of the comparison.

    Attributes:
        sampler: The sampler's name.
        number: Of the seed.
        facts: Of `cell_facts`.
        curve: Of `learning_curve`.
        measurements: split, query_id, measure, value of the trained encoder.
    """

    sampler: str
    number: int
    facts: Mapping[str, Any]
    curve: pl.DataFrame
    measurements: pl.DataFrame


def documents_so_far() -> pl.Expr:
    """`documents` (Int64): those encoded with a gradient up to each step of a history by step."""
    return pl.col("documents").fill_null(0).cast(pl.Int64).cum_sum()


def join_histories(histories: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The histories of rounds, each beginning where the one before ended, with steps counted on.

    Step 0 of a later round is left out: it measures again what the round before chose.
    """
    joined = [histories[0]]
    for history in histories[1:]:
        last = pl.lit(joined[-1]["step"].max(), dtype=pl.Int32)
        joined.append(history.filter(pl.col("step") > 0).with_columns(pl.col("step") + last))
    return pl.concat(joined)


def learning_curve(history: pl.DataFrame) -> pl.DataFrame:
    """step, documents, measure, dev: the measurements on the dev pool.

    Args:
        history: step, documents (of each step), and a column `dev_<measure>`, null where nothing
            was measured.

    Returns:
        `documents` are those encoded with a gradient up to the step (Int64).
    """
    dev = next(name for name in history.columns if name.startswith(_DEV_PREFIX))
    return (
        history.sort("step")
        .select(
            "step",
            documents_so_far(),
            pl.lit(dev.removeprefix(_DEV_PREFIX)).alias("measure"),
            pl.col(dev).alias("dev"),
        )
        .drop_nulls("dev")
    )


def cell_facts(
    number: int,
    diagnostics: Mapping[str, Any],
    history: pl.DataFrame,
    false_negatives: Mapping[str, Any] | None,
    rounds: int = 1,
) -> dict[str, Any]:
    """One training in numbers, ready for JSON; what it has not is None.

    Nothing here depends on the clock, so that the same training always leaves the same.

    Args:
        number: Of the seed.
        diagnostics: Of the draw, that of the last round.
        history: Of the training, all its rounds.
        false_negatives: Of `count_false_negatives` on that draw, where judgements were hidden.
        rounds: How often negatives were drawn.
    """
    curve = learning_curve(history)
    dev = curve["dev"].to_list()
    best = max(range(len(dev)), key=dev.__getitem__) if dev else None
    return {
        "sampler": diagnostics["settings"]["sampler"],
        "sampler_parameters": diagnostics["settings"]["parameters"],
        "formula": diagnostics["formula"],
        "seed_number": number,
        "seed": diagnostics["seed"],
        "rounds": rounds,
        "pairs": diagnostics["pairs"],
        "negatives": diagnostics["negatives"],
        "candidates_per_pair": diagnostics.get("candidates_per_pair", 0),
        "drawn_share_leaning_to_positive": diagnostics.get("drawn_share_leaning_to_positive"),
        "drawn_share_harder_than_positive": diagnostics.get("drawn_share_harder_than_positive"),
        "false_negatives": false_negatives["number"] if false_negatives else None,
        "false_negative_rate": (false_negatives["rate"] or {}).get("value")
        if false_negatives
        else None,
        "steps": int(history["step"].max() or 0),  # type: ignore[arg-type]
        "documents": int(history["documents"].sum()),
        "best_step": None if best is None else curve["step"][best],
        "best_dev": None if best is None else dev[best],
        "last_dev": dev[-1] if dev else None,
    }


def without_draw(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`facts` of a training that drew negatives of its own: of those drawn before it, nothing."""
    return {name: None if name in _OF_THE_DRAW else value for name, value in facts.items()}


def gather_curves(cells: list[CellResult]) -> pl.DataFrame:
    """All learning curves, with the columns of `CURVES_SCHEMA`, in the order of the cells."""
    tables = [
        cell.curve.select(
            sampler=pl.lit(cell.sampler),
            seed_number=pl.lit(cell.number, dtype=pl.Int32),
            step=pl.col("step").cast(pl.Int32),
            documents="documents",
            measure="measure",
            dev="dev",
        )
        for cell in cells
    ]
    return pl.concat([pl.DataFrame(schema=CURVES_SCHEMA), *tables])
