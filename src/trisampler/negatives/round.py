"""One round of drawing: the project's tables and vectors in, its artifacts out."""

from __future__ import annotations

from dataclasses import dataclass
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

    @property
    def leaves_near_duplicates(self) -> bool:
        """Whether the guard may have more to say than of the candidates that are drawn from.

        Training masks what it takes for positives among the encoder's, whatever the sampler's own
        pool, so that samplers differ by what they draw.
        """
        return len(self.keys_P) > 0 and "encoder" not in self.pools

    @cached_property
    def material(self) -> Material:
        """What pairs are scored by, whatever is drawn."""
        query_ids, document_ids = self.queries.ids, self.corpus.ids
        classes_N = text_classes(self.corpus_table, document_ids)
        return Material(
            queries=self.queries,
            corpus=CorpusMaterial(self.corpus, document_ids, classes_N, digest_ids(document_ids)),
            query_ids=query_ids,
            query_digests_Q=digest_ids(query_ids),
            positive_keys_X=self.keys_P,
            teacher=self._teacher(),
        )

    def miner(self, pools: Pools) -> Miner:
        """What draws this round's negatives from these pools."""
        return self._miner(pools, self.settings)

    def guarding_miner(self, pools: Pools) -> Miner:
        """What the guard says of the encoder's candidates comes of its draw, and nothing else."""
        nearest = {"sampler": "top-k", "parameters": {}, "pools": ()}
        return self._miner(pools, self.settings.model_copy(update=nearest))

    def _miner(self, pools: Pools, settings: SamplingSettings) -> Miner:
        shown = plane_pairs(self.material, self.seed, settings.plane_pairs)
        sampler = settings.build_sampler()
        return Miner(self.material, sampler, pools, settings, self.seed, self.number, shown)

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
