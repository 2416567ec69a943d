"""Mining from texts: a plain function, with whatever encoder or vectors a user has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import ValidationError

from trisampler.corpora.documents import document_texts
from trisampler.errors import told
from trisampler.negatives.drawn import BlockDraw, join
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.miner import Miner, require_teacher
from trisampler.negatives.round import Negatives, Round
from trisampler.negatives.searching import (
    Search,
    lexical_hits,
    nearest_to_positives,
    nearest_to_queries,
    search_and_draw,
    unsearched_pools,
)
from trisampler.negatives.settings import Pool, SamplingSettings
from trisampler.negatives.text_embeddings import AnyEncoder, embed_tables, without_vectors
from trisampler.negatives.text_tables import Documents, Positives, Queries, text_tables
from trisampler.progress import progress_bar
from trisampler.search.lexical import LexicalIndex
from trisampler.search.settings import LexicalSettings


@dataclass(frozen=True)
class MinedNegatives(Negatives):
    """Negatives, and the tables that they are of.

    Where the sampler draws nothing (`in-batch`), texts are not embedded, and `near_duplicates` is
    empty.

    Attributes:
        queries: query_id, text of the queries with a positive.
        corpus: doc_id, title, text.
        judgements: query_id, doc_id, relevance.
    """

    queries: pl.DataFrame
    corpus: pl.DataFrame
    judgements: pl.DataFrame


def mine_negatives(
    queries: Queries,
    documents: Documents,
    positives: Positives,
    encoder: AnyEncoder | None = None,
    *,
    query_vectors: npt.ArrayLike | None = None,
    document_vectors: npt.ArrayLike | None = None,
    depth: int = 200,
    lexical: LexicalSettings | None = None,
    teacher: pl.DataFrame | None = None,
    seed: int = 0,
    round_number: int = 1,
    **sampling: Any,
) -> MinedNegatives:
    """Embed, search and draw: texts in, a table of negatives out.

    Queries whose normalised texts are equal are one query, with the positives of all of them.
    Documents may have equal texts: none that has a positive's text is drawn. What is held besides
    texts, vectors and result does not grow with the number of queries.

    Args:
        queries: a list of texts, {id: text}, or a table with query_id and text.
        documents: a list of texts, {id: text}, {id: {"title": .., "text": ..}}, or a table with
            doc_id, text and possibly title.
        positives: (query, document) pairs, by position in a list and by id otherwise; or
            {query: documents}, {query: {document: relevance}}, or a table with query_id, doc_id
            and possibly relevance. All positives of a query must be here: whatever is not may be
            drawn.
        encoder: anything with `encode`, such as a SentenceTransformer; or what
            `EncoderSettings.name` may be; or an encoder of this package or its settings.
        query_vectors: floats (Q, D), in the order of `queries`, in place of an encoder.
        document_vectors: floats (N, D), in the order of `documents`, in place of an encoder.
        depth: candidates per query, in each pool that is searched.
        lexical: BM25's settings, where the sampler or `pools` ask for its hits.
        teacher: another model's scores: query_id, doc_id, score. Those of queries that are one go
            together, those of queries without a positive are passed over.
        seed: of the noise, which is keyed by ids.
        round_number: other rounds draw independently.
        **sampling: fields of `SamplingSettings`: sampler, parameters, negatives, temperature,
            guard, pools and the rest.

    Raises:
        NegativesError: unusable input, named by query, document or parameter.
    """
    settings = _settings(sampling)
    sampler = settings.build_sampler()
    _check_pools(settings)
    require_teacher(sampler, settings, given=teacher is not None)
    tables = text_tables(queries, documents, positives)
    if sampler.pool is None or tables.queries.is_empty():
        vectors = without_vectors(tables)
    else:
        vectors = embed_tables(tables, encoder, query_vectors, document_vectors)
    if teacher is not None:
        teacher = tables.of_trained_queries(teacher)
    task = Round(*vectors, tables.corpus, tables.judgements, settings, seed, round_number, teacher)
    found = task.negatives(_drawn(task, tables.queries, depth, lexical))
    return MinedNegatives(
        found.table,
        {**found.diagnostics, "queries_merged": tables.merged},
        found.plane,
        found.near_duplicates,
        tables.queries,
        tables.corpus,
        tables.judgements,
    )


def _settings(sampling: dict[str, Any]) -> SamplingSettings:
    try:
        return SamplingSettings(**sampling)
    except ValidationError as error:
        raise NegativesError(
            f"{told(error)}. Known are {', '.join(SamplingSettings.model_fields)}"
        ) from error


def _check_pools(settings: SamplingSettings) -> None:
    if "given" in settings.pools:
        raise NegativesError(
            "candidates of your own, the pool 'given', need a table of them: `draw_negatives` "
            "takes one. Here they are searched for: encoder, lexical, neighbours, corpus"
        )


def _drawn(
    task: Round, queries: pl.DataFrame, depth: int, lexical: LexicalSettings | None
) -> BlockDraw:
    if not task.pools:
        return BlockDraw.nothing()
    document_ids = task.corpus.ids
    searches: dict[Pool, Search] = {
        "encoder": nearest_to_queries(task.queries, task.corpus, depth),
        "neighbours": nearest_to_positives(task.corpus, len(document_ids), depth),
    }
    if "lexical" in task.pools:
        texts = document_texts(task.corpus_table)
        index = LexicalIndex.build(texts, document_ids, lexical or LexicalSettings())
        searches["lexical"] = lexical_hits(index, queries, document_ids, depth)
    offered, pairs = task.settings.corpus_offered, len(task.keys_P)
    miner = task.miner(unsearched_pools(searches, task.pools, offered))
    drawn = join(list(_blocks(miner, searches, pairs, f"mining ({task.sampler.name})")))
    if not (task.leaves_near_duplicates and task.settings.guard):
        return drawn  # without a guard another search would find none
    guarding = task.guarding_miner(unsearched_pools(searches, ("encoder",), offered))
    blocks = _blocks(guarding, searches, pairs, "near-duplicates")
    return drawn.with_near_keys(np.concatenate([block.near_keys_X for block in blocks]))


def _blocks(
    miner: Miner, searches: Mapping[Pool, Search], pairs: int, shown: str
) -> Iterator[BlockDraw]:
    with progress_bar(pairs, shown, "pair") as bar:
        yield from search_and_draw(miner, searches, bar.update)
