"""The survey of samplers as a table in Markdown."""

from __future__ import annotations

import polars as pl

from trisampler.evaluation.markdown import NONE, table_lines, told_columns


def survey_markdown(table: pl.DataFrame) -> str:
    """A row per sampler, with the columns that any of them has a value in.

    Args:
        table: of `trisampler.negatives.survey.survey_samplers`.
    """
    columns = {
        "sampler": [f"`{name}`" for name in table["sampler"]],
        "negatives": [f"{count:,}" for count in table["negatives"]],
        "effective sample size": [
            NONE if size is None else f"{size:,.1f}" for size in table["effective_sample_size"]
        ],
        "r > 0": _percents(table["drawn_share_leaning_to_positive"]),
        "harder than d+": _percents(table["drawn_share_harder_than_positive"]),
        "filled or fallen back": _percents(table["share_filled_or_fallen_back"]),
        "false negatives": _rates(table),
    }
    return "\n".join(table_lines(told_columns(columns))) + "\n"


def _percents(shares: pl.Series) -> list[str]:
    return [NONE if share is None else f"{share:.1%}" for share in shares]


def _rates(table: pl.DataFrame) -> list[str]:
    names = ("false_negative_rate", "false_negative_rate_low", "false_negative_rate_high")
    return [
        NONE if rate is None else f"{rate:.2%} ({low:.2%} to {high:.2%})"
        for rate, low, high in table.select(names).iter_rows()
    ]
