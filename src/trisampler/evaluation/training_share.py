"""How many of the training queries the steps of a round come to."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl


def training_queries(train_judgements: pl.DataFrame) -> int:
    """How many queries there are to train on: those with a positive."""
    return train_judgements.filter(pl.col("relevance") >= 1)["query_id"].n_unique()


def training_share(queries: int, steps: int, batch_queries: int) -> str:
    """How often the steps come to each query, or to how many of them where not to all.

    Args:
        queries: To train on.
        steps: Of a round.
        batch_queries: Of a step.
    """
    one_pass = _steps_of_a_pass(queries, batch_queries)
    if steps >= one_pass:
        return f"{_steps(steps, batch_queries)} are {steps / one_pass:.1f} passes over {queries:,}."
    return f"{_share(queries, steps, batch_queries)}: training.steps={one_pass} is one pass."


def unseen_warnings(queries: int, steps: int, batch_queries: int) -> Iterator[str]:
    """Of training queries that no step comes to.

    Args:
        queries: To train on.
        steps: Of a round.
        batch_queries: Of a step.
    """
    one_pass = _steps_of_a_pass(queries, batch_queries)
    if steps < one_pass:
        yield (
            f"In each round {_share(queries, steps, batch_queries)}: what is measured is an "
            f"encoder that no other has taught. training.steps={one_pass} is one pass."
        )


def _steps_of_a_pass(queries: int, batch_queries: int) -> int:
    """Steps that visit each query once, but for those that are left over and fill no batch."""
    return max(1, queries // batch_queries)


def _share(queries: int, steps: int, batch_queries: int) -> str:
    seen = steps * batch_queries
    return (
        f"{_steps(steps, batch_queries)} come to {seen:,} of {queries:,} training queries "
        f"({seen / queries:.1%})"
    )


def _steps(steps: int, batch_queries: int) -> str:
    return f"{steps:,} steps of {batch_queries} queries"
