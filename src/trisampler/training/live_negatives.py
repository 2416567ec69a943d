"""Negatives drawn for the queries as they are at this step.

Legend: B queries of a batch, K candidates, D dimensions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trisampler.negatives.lists import CandidateLists
from trisampler.negatives.material import CorpusMaterial, Material
from trisampler.negatives.miner import Miner, draw_pairs
from trisampler.negatives.noise import digest_ids
from trisampler.negatives.pools import Pools
from trisampler.negatives.settings import Pool
from trisampler.negatives.vectors import ArrayVectors
from trisampler.search.flat import FlatSearch
from trisampler.training.examples import Rows, TrainingExamples
from trisampler.training.frozen_corpus import FrozenCorpus
from trisampler.training.settings import TrainingSettings

_NOTHING: Rows = np.empty(0, dtype=np.int64)


class LiveDraw(NamedTuple):
    """What was found for one query, as corpus rows.

    Attributes:
        negatives: of each of its positives.
        near_duplicates: the candidates that the guard took for one of its positives.
    """

    negatives: dict[int, Rows]
    near_duplicates: Rows


class LiveNegatives:
    """Searches with the queries' vectors of the moment and draws from what is found.

    Args:
        corpus: the documents.
        examples: whose queries ask.
        settings: how many queries ask at a time, and how many negatives each pair gets.
    """

    def __init__(
        self, corpus: FrozenCorpus, examples: TrainingExamples, settings: TrainingSettings
    ) -> None:
        self._corpus = corpus
        self._examples = examples
        self._negatives = settings.negatives_per_query
        self._settings = corpus.sampling.model_copy(
            update={"negatives": max(1, self._negatives), "plane_pairs": 0}
        )
        self._sampler = self._settings.build_sampler()
        documents = ArrayVectors(corpus.vectors_ND)
        self._search = FlatSearch(documents, corpus.depth, settings.batch_queries)
        self._documents = CorpusMaterial(
            documents, corpus.document_ids, corpus.classes_N, digest_ids(corpus.document_ids)
        )
        self._query_digests_Q = digest_ids(examples.query_ids)
        self._positive_rows_P = corpus.rows_of(examples.document_ids)[examples.positive_rows]

    def positives(self, query_row: int) -> Rows:
        """Corpus rows of a query's positives, in the order of the examples'."""
        start, end = self._examples.positive_starts[query_row : query_row + 2]
        return self._positive_rows_P[start:end]

    def never_negatives(self, query_row: int) -> Rows:
        """Corpus rows that a query must not be contrasted with, whatever is drawn."""
        near = self._corpus.near_duplicates.get(self._examples.query_ids[query_row], _NOTHING)
        return np.union1d(self.positives(query_row), near)

    def draw(
        self, query_rows_B: Rows, query_vectors_BD: npt.NDArray[np.float32], seed: int
    ) -> list[LiveDraw]:
        """What each query's positives are contrasted with, and what it never is.

        Args:
            query_rows_B: the queries, in any order.
            query_vectors_BD: their vectors, in the same order.
            seed: of this step's noise.
        """
        if self._sampler.pool is None or not self._negatives:
            return [LiveDraw({}, _NOTHING) for _ in query_rows_B]
        order_B = np.argsort(query_rows_B)
        miner = self._miner(query_rows_B[order_B], query_vectors_BD[order_B], seed)
        found = draw_pairs(miner)
        drawn, near_keys_X = found.drawn, found.near_keys_X
        query_P, positive_P = np.divmod(miner.material.positive_keys_X, miner.material.total)
        counts_P = np.bincount(drawn.pair_X, minlength=len(query_P))
        rows_P = np.split(self._corpus.classes_N[drawn.row_X], np.cumsum(counts_P)[:-1])
        near_query_X, near_X = np.divmod(near_keys_X, miner.material.total)
        near_X = self._corpus.classes_N[near_X]
        draws = [LiveDraw({}, near_X[near_query_X == number]) for number in np.argsort(order_B)]
        for query, positive, rows in zip(query_P, positive_P, rows_P, strict=True):
            draws[order_B[query]].negatives[int(positive)] = rows
        return draws

    def _miner(
        self, query_rows_B: Rows, query_vectors_BD: npt.NDArray[np.float32], seed: int
    ) -> Miner:
        queries = ArrayVectors(query_vectors_BD)
        total = self._documents.total
        keys = [
            number * total + self.positives(int(row)) for number, row in enumerate(query_rows_B)
        ]
        material = Material(
            queries=queries,
            corpus=self._documents,
            query_ids=[self._examples.query_ids[row] for row in query_rows_B],
            query_digests_Q=self._query_digests_Q[query_rows_B],
            positive_keys_X=np.unique(np.concatenate(keys)),
        )
        names = self._settings.pools_of(self._sampler)
        lists: dict[Pool, CandidateLists] = {}
        if "encoder" in names:
            lists["encoder"] = self._candidates(queries)
        pools = Pools(names, lists, self._settings.corpus_offered)
        return Miner(material, self._sampler, pools, self._settings, seed, round_number=0)

    def _candidates(self, queries: ArrayVectors) -> CandidateLists:
        found = self._search.best(queries)
        return CandidateLists.from_matrix(found.rows_QK.astype(np.int64), found.scores_QK)
