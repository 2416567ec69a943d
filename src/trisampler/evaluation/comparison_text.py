"""The comparison in words: cells of its tables as texts, and the whole in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from trisampler.evaluation.comparison_table import target_of
from trisampler.evaluation.markdown import NONE, table_lines, told_columns
from trisampler.evaluation.sentences import p_value_text

_SEVERAL_TARGETS = (
    "Target: where the one that it is tested against ended on the dev pool, or itself where there "
    "is none; > where too few seeds reached it."
)
_SEVERAL_ROUNDS = "Of several rounds, what is told of negatives is of the last one's."
_Tell = Callable[[Mapping[str, Any]], str]


def result_columns(
    table: pl.DataFrame, tests: pl.DataFrame, primary: str, alpha: float
) -> dict[str, list[str]]:
    """Heading -> texts of the rows: how good each sampler is, and how it stands to the baselines.

    Differences are of the split that counts most, with Holm's p-values.

    Args:
        table: Of `comparison_table`.
        tests: Of `compare_samplers`.
        primary: The measure of both.
        alpha: Level of the tests.
    """
    split = str(tests["split"][0]) if tests.height else ""
    shown = {(row["system"], row["baseline"]): row for row in tests.filter(split=split).to_dicts()}
    tellers: dict[str, _Tell] = {
        "sampler": lambda row: row["sampler"],
        "seeds": lambda row: str(row["seeds"]) if row["seeds"] else NONE,
        f"{primary}, test": lambda row: _mean_and_spread(row, "test"),
        f"{primary}, dev": lambda row: _mean_and_spread(row, "dev"),
    }
    baselines = tests["baseline"].unique(maintain_order=True).to_list()
    if len(baselines) > 1 and len({system for system, _ in shown}) == len(shown):
        its_own = dict(shown.keys())
        tellers["against"] = lambda row: its_own.get(row["sampler"], NONE)
        tellers[f"difference, {split}"] = lambda row: _difference(
            shown.get((row["sampler"], its_own.get(row["sampler"], ""))), alpha
        )
    else:
        for baseline in baselines:
            tellers[f"against {baseline}, {split}"] = _difference_from(baseline, shown, alpha)
    return _columns(table, tellers)


def cost_columns(table: pl.DataFrame) -> dict[str, list[str]]:
    """Heading -> texts of the rows: what the samplers draw and cost, and how soon they get far.

    Args:
        table: Of `comparison_table`, of which only what was trained is told.
    """
    tellers: dict[str, _Tell] = {"sampler": lambda row: row["sampler"]}
    if several_rounds(table):
        tellers["rounds"] = lambda row: str(row["rounds"])
    tellers |= {
        "steps": lambda row: _whole(row["steps"]),
        "documents encoded": lambda row: _whole(row["documents"]),
        "scored per pair": _scored,
        "r > 0": lambda row: _percent(row["drawn_share_leaning_to_positive"]),
        "harder than d+": lambda row: _percent(row["drawn_share_harder_than_positive"]),
        "false negatives": lambda row: _percent(row["false_negative_rate"], 2),
        "without gain": _without_gain,
        "at target": _at_target,
        "steps to it": lambda row: _to_target(row, "steps"),
        "documents to it": lambda row: _to_target(row, "documents"),
    }
    return _columns(table.filter(pl.col("seeds") > 0), tellers)


def comparison_markdown(
    table: pl.DataFrame, tests: pl.DataFrame, primary: str, alpha: float
) -> str:
    """Both tables, and a sentence per comparison, the test split first.

    Args:
        table: Of `comparison_table`.
        tests: Of `compare_samplers`.
        primary: The measure of both.
        alpha: Level of the tests.
    """
    lines = [
        *table_lines(result_columns(table, tests, primary, alpha)),
        "",
        *table_lines(cost_columns(table)),
    ]
    if several_rounds(table):
        lines += ["", _SEVERAL_ROUNDS]
    target = target_of(table)
    if target is not None:
        lines += ["", f"Target: {target:.4f} on the dev pool; > where too few seeds reached it."]
    elif table["target"].drop_nulls().len():
        lines += ["", _SEVERAL_TARGETS]
    for split in tests["split"].unique(maintain_order=True):
        lines += ["", f"On {split}:", ""]
        lines += [f"- {sentence}" for sentence in tests.filter(split=split)["sentence"]]
    return "\n".join(lines) + "\n"


def several_rounds(table: pl.DataFrame) -> list[str]:
    """The samplers whose negatives were drawn in more rounds than one."""
    return table.filter(pl.col("rounds") > 1)["sampler"].to_list()


def _columns(table: pl.DataFrame, tellers: Mapping[str, _Tell]) -> dict[str, list[str]]:
    rows = table.to_dicts()
    return told_columns({heading: [tell(row) for row in rows] for heading, tell in tellers.items()})


def _difference_from(
    baseline: str, tests: Mapping[tuple[str, str], Mapping[str, Any]], alpha: float
) -> _Tell:
    return lambda row: _difference(tests.get((row["sampler"], baseline)), alpha)


def _difference(test: Mapping[str, Any] | None, alpha: float) -> str:
    if test is None:
        return NONE
    p_value = p_value_text(test["p_holm"], alpha)
    equal = "" if p_value.startswith("<") else "= "
    return f"{test['difference']:+.4f} (p {equal}{p_value})"


def _mean_and_spread(row: Mapping[str, Any], split: str) -> str:
    mean, spread = row[f"{split}_mean"], row[f"{split}_spread"]
    if mean is None:
        return NONE
    return f"{mean:.4f}" if spread is None else f"{mean:.4f} ± {spread:.4f}"


def _scored(row: Mapping[str, Any]) -> str:
    return NONE if not row["candidates_per_pair"] else f"{row['candidates_per_pair']:,.0f}"


def _without_gain(row: Mapping[str, Any]) -> str:
    return (
        NONE if not row["seeds_without_gain"] else f"{row['seeds_without_gain']} of {row['seeds']}"
    )


def _at_target(row: Mapping[str, Any]) -> str:
    if row["target"] is None:
        return NONE
    return f"{row['seeds_at_target']} of {row['seeds']}"


def _to_target(row: Mapping[str, Any], what: str) -> str:
    if row["target"] is None:
        return NONE
    reached = row[f"{what}_to_target"]
    return f"> {row[what]:,.0f}" if reached is None else f"{reached:,}"


def _whole(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"


def _percent(share: float | None, digits: int = 1) -> str:
    return NONE if share is None else f"{share:.{digits}%}"
