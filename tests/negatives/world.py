"""Small collections with vectors, as the tests of this package need them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from trisampler.encoders.embeddings import Embeddings
from trisampler.negatives import SamplingSettings, draw_negatives
from trisampler.search.candidates import candidates_table
from trisampler.search.flat import search_flat


@dataclass(frozen=True)
class World:
    queries: Embeddings
    corpus: Embeddings
    corpus_table: pl.DataFrame
    judgements: pl.DataFrame
    candidates: pl.DataFrame
    lexical: pl.DataFrame
    neighbours: pl.DataFrame
    teacher: pl.DataFrame
    given: pl.DataFrame | None = None

    def draw(self, sampler="tri", *, seed=0, round_number=1, block_pairs=None, **settings):
        return draw_negatives(
            self.candidates,
            self.queries,
            self.corpus,
            self.corpus_table,
            self.judgements,
            SamplingSettings(sampler=sampler, **settings),
            seed=seed,
            round_number=round_number,
            lexical=self.lexical,
            neighbours=self.neighbours,
            given=self.lexical if self.given is None else self.given,
            teacher=self.teacher,
            block_pairs=block_pairs,
        )

    def replaced(self, **tables):
        return replace(self, **tables)

    def positives(self):
        table = self.judgements.filter(pl.col("relevance") >= 1)
        found: dict[str, set[str]] = {}
        for query, document in table.select("query_id", "doc_id").iter_rows():
            found.setdefault(query, set()).add(document)
        return found

    def query_vector(self, query_id):
        return self.queries.vectors(np.array([self.queries.ids.index(query_id)]))[0].astype(float)

    def document_vector(self, doc_id):
        return self.corpus.vectors(np.array([self.corpus.ids.index(doc_id)]))[0].astype(float)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def judgements_table(rows):
    return pl.DataFrame(
        rows,
        schema={"query_id": pl.String, "doc_id": pl.String, "relevance": pl.Int32},
        orient="row",
    ).sort("query_id", "doc_id")


def ranked(rows):
    """Candidates from (query, document, rank, score)."""
    schema = {"query_id": pl.String, "doc_id": pl.String, "rank": pl.Int32, "score": pl.Float32}
    return pl.DataFrame(rows, schema=schema, orient="row")


def build(query_vectors, document_vectors, judgements, texts=None, depth=20):
    """A world from float arrays; documents are d000.., queries q000..; judgements by number."""
    query_vectors = np.asarray(query_vectors, dtype=np.float32)
    document_vectors = np.asarray(document_vectors, dtype=np.float32)
    query_ids = [f"q{row:03d}" for row in range(len(query_vectors))]
    doc_ids = [f"d{row:03d}" for row in range(len(document_vectors))]
    texts = texts or [f"text {doc_id}" for doc_id in doc_ids]
    queries = Embeddings.from_array(query_ids, query_vectors)
    corpus = Embeddings.from_array(doc_ids, document_vectors)
    judged = judgements_table([(query_ids[q], doc_ids[d], r) for q, d, r in judgements])
    reverse = Embeddings.from_array(query_ids, -query_vectors)
    everything = search_flat(queries, corpus, len(doc_ids))
    scores = candidates_table(query_ids, doc_ids, everything).select("query_id", "doc_id", "score")
    return World(
        queries=queries,
        corpus=corpus,
        corpus_table=pl.DataFrame({"doc_id": doc_ids, "title": "", "text": texts}),
        judgements=judged,
        candidates=candidates_table(query_ids, doc_ids, search_flat(queries, corpus, depth)),
        lexical=candidates_table(query_ids, doc_ids, search_flat(reverse, corpus, depth)),
        neighbours=candidates_table(doc_ids, doc_ids, search_flat(corpus, corpus, depth)),
        teacher=scores,
    )


def clustered(seed=0, queries=30, documents=150, dimension=16, positives=2, depth=20):
    """A world with structure: documents in clusters, queries near one of their positives."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((12, dimension))
    members = centres[generator.integers(0, len(centres), documents)]
    document_vectors = unit(members + 0.7 * generator.standard_normal((documents, dimension)))
    chosen = np.stack(
        [generator.choice(documents, positives, replace=False) for _ in range(queries)]
    )
    noise = 0.15 * generator.standard_normal((queries, dimension))
    query_vectors = unit(document_vectors[chosen[:, 0]] + noise)
    judgements = [(q, int(d), 1) for q in range(queries) for d in chosen[q]]
    return build(query_vectors, document_vectors, judgements, depth=depth)


def repeated_query(similarities, positive_similarity, gram, copies):
    """A world of `copies` queries that all see the same scores; ids, and so noise, differ.

    Args:
        similarities: s(q, d-) per candidate.
        positive_similarity: s(q, d+).
        gram: s(d+, d-) per candidate.
        copies: how many queries.

    The document vectors live in three dimensions plus one of their own each, so that any scores
    can be had; they are not unit vectors.
    """
    count = len(similarities)
    positive = np.zeros(count + 3)
    positive[0], positive[1] = positive_similarity, 1.0
    documents = np.zeros((count + 1, count + 3))
    documents[0] = positive
    for number, (x, y) in enumerate(zip(similarities, gram, strict=True), start=1):
        documents[number, 0] = x
        documents[number, 1] = y - x * positive_similarity
        documents[number, number + 2] = 1.0
    queries = np.zeros((copies, count + 3))
    queries[:, 0] = 1.0
    return build(queries, documents, [(q, 0, 1) for q in range(copies)], depth=count + 1)
