"""Drawing negatives from the project's tables. Plain arrays have `array_mining`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from trisampler.negatives.audit import overlap
from trisampler.negatives.diagnostics import describe
from trisampler.negatives.drawn import BlockDraw
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.lists import KeyedScores
from trisampler.negatives.material import Material
from trisampler.negatives.miner import Miner, draw_pairs, plane_pairs
from trisampler.negatives.noise import digest_ids
from trisampler.negatives.pools import Pools
from trisampler.negatives.registry import build_sampler
from trisampler.negatives.settings import Pool, SamplingSettings
from trisampler.negatives.tables import (
    candidate_lists,
    keyed_scores,
    negatives_table,
    plane_table,
    positive_keys,
    text_classes,
)
from trisampler.negatives.vectors import Vectors
from trisampler.progress import progress_bar


@dataclass(frozen=True)
class Negatives:
    """A round's negatives.

    Attributes:
        table: query_id, positive_id, negative_id, rank, s_q_neg, s_q_pos, s_pos_neg,
            log_probability, source; sorted by query_id, positive_id, order of drawing.
        diagnostics: the round in numbers, ready for JSON.
        plane: for some pairs all eligible candidates: query_id, positive_id, doc_id, cos_q_pos,
            cos_q_doc, cos_pos_doc, drawn.
    """

    table: pl.DataFrame
    diagnostics: dict[str, Any]
    plane: pl.DataFrame


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
    former: pl.DataFrame | None = None,
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
        former: the former round's negatives, for the overlap.
        block_pairs: pairs to work on at a time; by default what suits the memory.

    Raises:
        NegativesError: unusable input, named by query.
    """
    sampler = build_sampler(settings.sampler, settings.parameters)
    query_ids, document_ids = queries.ids, corpus.ids
    keys_P = positive_keys(judgements, query_ids, document_ids)
    tables: dict[Pool, pl.DataFrame | None] = {
        "encoder": candidates,
        "lexical": lexical,
        "given": given,
        "neighbours": neighbours,
    }
    if sampler.pool is None or not len(keys_P):
        drawn = BlockDraw.nothing()
    else:
        pools = _pools(settings.pools or (sampler.pool,), tables, query_ids, document_ids, settings)
        material = Material(
            queries=queries,
            corpus=corpus,
            query_ids=query_ids,
            document_ids=document_ids,
            classes_N=text_classes(corpus_table, document_ids),
            query_digests_Q=digest_ids(query_ids),
            document_digests_N=digest_ids(document_ids),
            positive_keys_X=keys_P,
            teacher=_teacher(teacher, query_ids, document_ids),
        )
        shown = plane_pairs(material, seed, settings.plane_pairs)
        miner = Miner(material, sampler, pools, settings, seed, round_number, shown)
        with progress_bar(len(keys_P), f"drawing ({sampler.name})", "pair") as bar:
            drawn = draw_pairs(miner, block_pairs=block_pairs, done=bar.update)
    table = negatives_table(drawn.drawn, keys_P, query_ids, document_ids)
    diagnostics = {
        **describe(drawn.statistics, sampler, settings, drawn.counts(len(keys_P))),
        "seed": seed,
        "round": round_number,
        "queries_without_positive": _without_positive(judgements),
        "overlap_with_former_round": None if former is None else overlap(table, former),
    }
    plane = plane_table(drawn.plane, keys_P, query_ids, document_ids)
    return Negatives(table, diagnostics, plane)


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


def _teacher(
    table: pl.DataFrame | None, query_ids: Sequence[str], document_ids: Sequence[str]
) -> KeyedScores | None:
    return None if table is None else keyed_scores(table, query_ids, document_ids, "teacher")


def _without_positive(judgements: pl.DataFrame) -> int:
    """How many judged queries have no positive."""
    best = judgements.group_by("query_id").agg(pl.col("relevance").max())
    return int((best["relevance"] < 1).sum())
