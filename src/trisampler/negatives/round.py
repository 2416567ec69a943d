"""One round of drawing: the project's tables and vectors in, its artifacts out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from trisampler.negatives.arrays import Int64
from trisampler.negatives.diagnostics import describe
from trisampler.negatives.drawn import BlockDraw
from trisampler.negatives.lists import KeyedScores
from trisampler.negatives.material import CorpusMaterial, Material
from trisampler.negatives.miner import Miner, plane_pairs
from trisampler.negatives.noise import digest_ids
from trisampler.negatives.pools import Pools
from trisampler.negatives.result_tables import (
    near_duplicates_table,
    negatives_table,
    plane_table,
)
from trisampler.negatives.sampler import Sampler
from trisampler.negatives.settings import Pool, SamplingSettings
from trisampler.negatives.tables import keyed_scores, positive_keys, text_classes
from trisampler.search.vectors import Vectors


@dataclass(frozen=True)
class Negatives:
    """A round's negatives.

    Attributes:
        table: query_id, positive_id, negative_id, rank, s_q_neg, s_q_pos, s_pos_neg,
            log_probability, source, teacher_q_neg, teacher_q_pos; sorted by query_id, positive_id,
            order of drawing. The teacher's are null where it gave no score.
        diagnostics: the round in numbers, ready for JSON.
        plane: for some pairs all eligible candidates: query_id, positive_id, doc_id, cos_q_pos,
            cos_q_doc, cos_pos_doc, drawn.
        near_duplicates: query_id, doc_id of the candidates, the sampler's and in any case the
            encoder's, that the guard took for a positive of the query; training must not contrast
            the two either.
    """

    table: pl.DataFrame
    diagnostics: dict[str, Any]
    plane: pl.DataFrame
    near_duplicates: pl.DataFrame


@dataclass(frozen=True)
class Round:
    """What negatives are drawn for, and by which rule.

    Attributes:
        queries: vectors of at least the queries with positives.
        corpus: vectors of the documents.
        corpus_table: doc_id, title, text of the documents.
        judgements: query_id, doc_id, relevance; 1 or more is a positive.
        settings: the sampler and what it needs.
        seed: of the run.
        number: of the round.
        teacher: another model's scores: query_id, doc_id, score.
    """

    queries: Vectors
    corpus: Vectors
    corpus_table: pl.DataFrame
    judgements: pl.DataFrame
    settings: SamplingSettings
    seed: int
    number: int
    teacher: pl.DataFrame | None = None

    @cached_property
    def sampler(self) -> Sampler:
        """The sampler that the settings name."""
        return self.settings.build_sampler()

    @cached_property
    def keys_P(self) -> Int64:
        """Keys of the judged positives, sorted."""
        return positive_keys(self.judgements, self.queries.ids, self.corpus.ids)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Where candidates come from; nowhere if there is nothing to draw."""
        return self.settings.pools_of(self.sampler) if len(self.keys_P) else ()

    def of_the_encoder(self) -> Round:
        """The round that looks at the encoder's candidates alone, for what the guard says of them.

        Training masks what it takes for positives there whatever the sampler's own pool, so that
        samplers differ by what they draw.
        """
        nearest = {"sampler": "top-k", "parameters": {}, "pools": ()}
        return replace(self, settings=self.settings.model_copy(update=nearest))

    def miner(self, pools: Pools) -> Miner:
        """What draws this round's negatives from these pools."""
        query_ids, document_ids = self.queries.ids, self.corpus.ids
        classes_N = text_classes(self.corpus_table, document_ids)
        material = Material(
            queries=self.queries,
            corpus=CorpusMaterial(self.corpus, document_ids, classes_N, digest_ids(document_ids)),
            query_ids=query_ids,
            query_digests_Q=digest_ids(query_ids),
            positive_keys_X=self.keys_P,
            teacher=self._teacher(),
        )
        shown = plane_pairs(material, self.seed, self.settings.plane_pairs)
        return Miner(material, self.sampler, pools, self.settings, self.seed, self.number, shown)

    def negatives(self, drawn: BlockDraw) -> Negatives:
        """The draw of all pairs, in the project's tables."""
        place = (self.keys_P, self.queries.ids, self.corpus.ids)
        table = negatives_table(drawn.drawn, *place)
        written_P = drawn.counts(len(self.keys_P))
        diagnostics = {
            **describe(drawn.statistics, self.sampler, self.settings, written_P),
            "seed": self.seed,
            "round": self.number,
            "queries_without_positive": self._without_positive(),
        }
        near = near_duplicates_table(drawn.near_keys_X, self.queries.ids, self.corpus.ids)
        return Negatives(table, diagnostics, plane_table(drawn.plane, *place), near)

    def _teacher(self) -> KeyedScores | None:
        if self.teacher is None:
            return None
        return keyed_scores(self.teacher, self.queries.ids, self.corpus.ids, "teacher")

    def _without_positive(self) -> int:
        """How many judged queries have no positive."""
        best = self.judgements.group_by("query_id").agg(pl.col("relevance").max())
        return int((best["relevance"] < 1).sum())
