"""What a reader of the measures must be warned of, each in one sentence with its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from trisampler.corpora.query_overlap import LEAST_SHARED
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.evaluation.significance import smallest_p
from trisampler.evaluation.snippets import snippet
from trisampler.evaluation.systems import in_order, system_label

# Fine-tuning and what sampling changes come to a few hundredths; a split that would miss two of
# them says little.
_WORTH_FINDING = 0.02
_MOST_JUDGED = 0.5
_TEXT_CHARACTERS = 100

DRAWN_WHILE_TRAINING = (
    "The training drew its negatives anew at each step (training.frozen_documents). What is told "
    "of negatives here is a draw by the encoder that the round began with, which no step used."
)


def overlap_warnings(split: str, queries: int, overlap: pl.DataFrame) -> Iterator[str]:
    """Of queries that stand, word for word or nearly, among the training queries.

    Args:
        split: Its name.
        queries: How many it has.
        overlap: Of `overlapping_queries`.
    """
    kinds = (
        (overlap.filter("same_text"), "are training queries, word for word"),
        (
            overlap.filter(~pl.col("same_text")),
            f"share {LEAST_SHARED:.0%} or more of their words with a training query",
        ),
    )
    for found, how in kinds:
        if not found.is_empty():
            first = found.row(0, named=True)
            yield (
                f"{_share(found.height, queries, f'{split} queries')} {how}, such as "
                f"{first['query_id']} and training query {first['train_query_id']} "
                f"(\u201c{snippet(first['train_text'], _TEXT_CHARACTERS)}\u201d): what is "
                "measured on them may be remembered rather than found."
            )


def merged_warnings(ingestion: Mapping[str, Any]) -> Iterator[str]:
    """Of queries that the source itself has in several splits.

    Args:
        ingestion: The ingestion report.
    """
    moved = ingestion.get("queries_in_several_splits", {}).get("training_queries", 0)
    if moved:
        yield (
            f"{moved:,} training queries of the source stand in its dev or test split too; their "
            "training judgements were left out, so no encoder here has learnt from them, but one "
            "trained elsewhere on this source may have."
        )


def size_warnings(
    comparisons: pl.DataFrame, newest: str, settings: EvaluationSettings
) -> Iterator[str]:
    """Of splits too small to tell the newest encoder from the one that training started from.

    Args:
        comparisons: Of `compare_systems` against the latter.
        newest: The former's name.
        settings: Primary measure and level.
    """
    for row in comparisons.filter(system=newest, measure=settings.primary).iter_rows(named=True):
        queries = f"{row['queries']:,} {'query' if row['queries'] == 1 else 'queries'}"
        pair = f"{system_label(newest)} from {system_label(row['baseline'])}"
        if smallest_p(row["queries"]) > settings.alpha / row["family"]:
            yield f"The {row['split']} split has {queries}, too few to tell {pair}."
        elif row["p_holm"] >= settings.alpha and (row["detectable"] or 0) > _WORTH_FINDING:
            needed = math.ceil(row["queries"] * (row["detectable"] / _WORTH_FINDING) ** 2)
            yield (
                f"The {row['split']} split, {queries}, is too small to tell {pair}: it would find "
                f"a difference of {row['detectable']:.3f} {row['measure']} four times in five, and "
                f"{row['difference']:+.3f} was measured. To find {_WORTH_FINDING} as surely takes "
                f"about {_two_digits(needed):,} queries."
            )


def unjudged_warnings(measurements: pl.DataFrame) -> Iterator[str]:
    """Of systems most of whose first results nobody judged, by the Judged@k that was measured.

    Args:
        measurements: split, system, query_id, measure, value.
    """
    judged = measurements.filter(pl.col("measure").str.contains(r"^Judged@\d+$"))
    for (split, measure), group in judged.group_by("split", "measure", maintain_order=True):
        means = dict(group.group_by("system").agg(pl.col("value").mean()).iter_rows())
        few = [name for name in in_order(means) if means[name] < _MOST_JUDGED]
        if few:
            shares = ", ".join(f"{system_label(name)} {1 - means[name]:.0%}" for name in few)
            yield (
                f"Most of the first {str(measure).partition('@')[2]} results on {split} are "
                f"unjudged and count as not relevant ({shares}): what is relevant among them "
                "lowers a system's measures."
            )


def external_warnings(external: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Of run files with holes, or with documents of another corpus.

    Args:
        external: The report of `read_run_files`.
    """
    for system, splits in external.items():
        for split, told in splits.items():
            if told["queries_without_results"]:
                missing = _share(told["queries_without_results"], told["queries"], "judged queries")
                yield (
                    f"The {split} run file of {system} has no results for {missing}: they count "
                    "as 0."
                )
            if told["results_not_in_the_corpus"]:
                unknown = _share(told["results_not_in_the_corpus"], told["results"], "results")
                yield (
                    f"In the {split} run file of {system} {unknown} are documents that the corpus "
                    "does not have; they count as not relevant."
                )


def _share(count: int, of: int, what: str) -> str:
    return f"{count:,} of {of:,} {what} ({count / of:.1%})"


def _two_digits(number: int) -> int:
    return round(number, min(0, 2 - len(str(number))))
