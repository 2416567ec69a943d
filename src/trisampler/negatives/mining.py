"""Drawing negatives from the project's tables. Plain arrays have `array_mining`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trisampler.negatives.arrays import Int64
from trisampler.negatives.drawn import BlockDraw
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.miner import draw_pairs
from trisampler.negatives.pools import Pools
from trisampler.negatives.round import Negatives, Round
from trisampler.negatives.settings import Pool, SamplingSettings
from trisampler.negatives.tables import candidate_lists
from trisampler.progress import progress_bar
from trisampler.search.vectors import Vectors


def draw_negatives(
    candidates: pl.DataFrame,
    queries: Vectors,
    corpus: Vectors,
    corpus_table: pl.DataFrame,
    judgements: pl.DataFrame,
    settings: SamplingSettings,
    *,
    seed: int,
    round_number: int,
    lexical: pl.DataFrame | None = None,
    neighbours: pl.DataFrame | None = None,
    given: pl.DataFrame | None = None,
    teacher: pl.DataFrame | None = None,
    block_pairs: int | None = None,
) -> Negatives:
    """Draw the negatives of every (query, positive) pair of the judgements.

    Given the same vectors, seed and round, the result is the same to the last byte whatever the
    order of any table's rows, the size of blocks or the number of threads.

    Args:
        candidates: the encoder's: query_id, doc_id, rank, score.
        queries: vectors of at least the queries with positives and with candidates.
        corpus: vectors of the documents.
        corpus_table: doc_id, title, text of the documents.
        judgements: query_id, doc_id, relevance; 1 or more is a positive. Documents judged 0 may
            be drawn.
        settings: the sampler and what it needs.
        seed: of the run.
        round_number: of the round; other rounds draw independently.
        lexical: BM25 candidates, in the columns of `candidates`.
        neighbours: documents near positives, in the same columns: query_id holds the positive's id.
        given: the user's own candidates: query_id, doc_id, rank.
        teacher: another model's scores of candidates and positives: query_id, doc_id, score.
        block_pairs: pairs to work on at a time; by default what suits the memory.

    Raises:
        NegativesError: unusable input, named by query.
    """
    task = Round(queries, corpus, corpus_table, judgements, settings, seed, round_number, teacher)
    tables: dict[Pool, pl.DataFrame | None] = {
        "encoder": candidates,
        "lexical": lexical,
        "given": given,
        "neighbours": neighbours,
    }
    drawn = BlockDraw.nothing()
    if task.pools:
        pools = _pools(task.pools, tables, queries.ids, corpus.ids, settings)
        with progress_bar(len(task.keys_P), f"drawing ({task.sampler.name})", "pair") as bar:
            drawn = draw_pairs(task.miner(pools), block_pairs=block_pairs, done=bar.update)
    if task.leaves_near_duplicates:
        drawn = drawn.with_near_keys(_near_keys(task, candidates))
    return task.negatives(drawn)


def _near_keys(task: Round, candidates: pl.DataFrame) -> Int64:
    lists = candidate_lists(candidates, task.queries.ids, task.corpus.ids, "candidates")
    pools = Pools(("encoder",), {"encoder": lists}, task.settings.corpus_offered)
    return draw_pairs(task.guarding_miner(pools)).near_keys_X


def _pools(
    names: Sequence[Pool],
    tables: dict[Pool, pl.DataFrame | None],
    query_ids: Sequence[str],
    document_ids: Sequence[str],
    settings: SamplingSettings,
) -> Pools:
    if "given" in names and tables["given"] is not None and tables["given"].is_empty():
        raise NegativesError(
            "candidates are to come from the pool 'given', and the source names no negatives for "
            "any query that is trained on. Take 'given' out of sampling.pools, or name some"
        )
    lists = {
        name: candidate_lists(
            table,
            document_ids if name == "neighbours" else query_ids,
            document_ids,
            f"candidates of the pool {name!r}",
        )
        for name, table in tables.items()
        if table is not None and name in names
    }
    return Pools(names, lists, settings.corpus_offered)
