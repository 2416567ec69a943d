"""Search by id, for queries or near documents: embeddings in, a table of ranked documents out.

Exactly and in this process, unless the caller has another search: by workers, by an index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import polars as pl

from trisampler.search.candidates import candidates_table
from trisampler.search.errors import SearchError
from trisampler.search.flat import search_flat
from trisampler.search.order import TopK
from trisampler.search.vectors import SelectedVectors, Vectors

_Corpus = TypeVar("_Corpus", bound=Vectors)


def search_queries(
    queries: Vectors,
    corpus: _Corpus,
    query_ids: pl.Series,
    depth: int,
    search: Callable[[Vectors, _Corpus, int], TopK] = search_flat,
) -> pl.DataFrame:
    """The `depth` nearest documents of some queries, as a candidates or run table.

    Args:
        queries: embeddings of at least the queries asked for.
        corpus: embeddings of the documents.
        query_ids: which queries; repeated ids count once, and the order does not matter.
        depth: documents of each query.
        search: how it is done; by default exactly, in this process.

    Raises:
        SearchError: a query has no vector, or what `search` raises.
    """
    asked = query_ids.drop_nulls().unique().sort()
    known = pl.DataFrame({"query_id": queries.ids}, schema={"query_id": pl.String})
    rows = asked.to_frame("query_id").join(
        known.with_row_index("row"), on="query_id", how="left", maintain_order="left"
    )
    missing = rows.filter(pl.col("row").is_null())
    if missing.height:
        raise SearchError(
            f"Query {missing['query_id'][0]!r} has no vector ({missing.height} such of "
            f"{rows.height}). The embeddings are of other queries: embed these."
        )
    selected = SelectedVectors(queries, rows["row"].to_numpy())
    return candidates_table(asked.to_list(), corpus.ids, search(selected, corpus, depth))


def search_neighbours(
    corpus: _Corpus,
    document_ids: pl.Series,
    depth: int,
    search: Callable[[Vectors, _Corpus, int], TopK] = search_flat,
) -> pl.DataFrame:
    """The `depth` nearest other documents of some documents, as a candidates table.

    Args:
        corpus: embeddings of all documents.
        document_ids: whose neighbours; repeated ids count once, and the order does not matter.
        depth: neighbours of each document, which is none of them itself.
        search: as in `search_queries`.

    Returns:
        A candidates table whose query_id holds the document that the others are near to.

    Raises:
        SearchError: as `search_queries` does.
    """
    # The document is mostly its own nearest, but need not be: vectors may differ in length.
    found = search_queries(corpus, corpus, document_ids, depth + 1, search)
    others = found.filter(pl.col("query_id") != pl.col("doc_id"))
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("query_id")
    return others.with_columns(rank=rank).filter(pl.col("rank") <= depth)
