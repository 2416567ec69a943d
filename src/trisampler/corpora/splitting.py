"""Every query in one split: the latest that holds it, or one held out by hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.source import HoldOut
from trisampler.hashing import unit_interval

SPLIT_TYPE = pl.Enum(SPLITS)
_SHOWN_QUERIES = 5


@dataclass(frozen=True)
class SplitJudgements:
    """Judgements (query_id, doc_id, relevance, split) after a step, and what the step did."""

    table: pl.DataFrame
    report: dict[str, Any]


def keep_latest_split(judgements: pl.DataFrame) -> SplitJudgements:
    """Drop a query's judgements in all splits but the latest: test over dev over train.

    The test split stays as it was given, so that measures on it stay comparable.
    """
    rank = pl.col("split").to_physical()
    marked = judgements.with_columns(latest=rank.max().over("query_id") == rank)
    dropped = marked.filter(~pl.col("latest"))
    moved = dropped["query_id"].unique().sort()
    by_split = dict(dropped["split"].value_counts().iter_rows())
    report = {
        "queries": len(moved),
        "training_queries": dropped.filter(pl.col("split") == "train")["query_id"].n_unique(),
        "judgements_dropped": {split: by_split[split] for split in SPLITS if split in by_split},
        "examples": moved.head(_SHOWN_QUERIES).to_list(),
    }
    return SplitJudgements(marked.filter("latest").drop("latest"), report)


def hold_out(
    judgements: pl.DataFrame, queries: pl.DataFrame, plan: HoldOut, seed: int
) -> SplitJudgements:
    """Move a share of the training queries, chosen by hash, to a split that has none.

    Only queries with a positive judgement are chosen, at least one, and not the last of them.
    The report is empty where nothing is moved: the split has judgements already, the share is 0,
    or there is one query to train on.

    Args:
        judgements: query_id, doc_id, relevance, split; a query in one split only.
        queries: query_id, text, normalized_text.
        plan: which split, what share, and the hash of what.
        seed: of the hash.
    """
    if plan.fraction == 0 or (judgements["split"] == plan.split).any():
        return SplitJudgements(judgements, {})
    trained = judgements.filter((pl.col("split") == "train") & (pl.col("relevance") > 0))
    candidates = queries.join(trained, on="query_id", how="semi").sort("query_id")
    keys = candidates[plan.by].to_list()
    chosen = candidates.filter(
        pl.Series(_chosen(keys, plan.fraction, seed, plan.split), dtype=pl.Boolean)
    )
    moves = pl.col("query_id").is_in(chosen["query_id"].implode())
    new_split = pl.when(moves).then(pl.lit(plan.split, dtype=SPLIT_TYPE)).otherwise("split")
    if chosen.is_empty():
        return SplitJudgements(judgements, {})
    report = {
        "from": "train",
        "queries": chosen.height,
        "fraction": plan.fraction,
        "by": f"hash of {plan.by} with seed {seed}",
    }
    return SplitJudgements(judgements.with_columns(split=new_split), report)


def _chosen(keys: Sequence[str], fraction: float, seed: int, split: Split) -> list[bool]:
    draws = [unit_interval(seed, "hold out", split, key) for key in keys]
    wanted = max(1, sum(draw < fraction for draw in draws))
    least = set(sorted(draws)[: min(wanted, len(draws) - 1)])
    return [draw in least for draw in draws]
