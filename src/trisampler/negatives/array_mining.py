"""Mining from plain arrays: no ids, no tables, no texts. Texts have `text_mining`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trisampler.negatives.arrays import Bool, Float32, Int32, Int64
from trisampler.negatives.diagnostics import describe
from trisampler.negatives.drawn import Drawn, join_statistics
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.lists import CandidateLists
from trisampler.negatives.material import CorpusMaterial, Material
from trisampler.negatives.miner import Miner
from trisampler.negatives.noise import digest_rows
from trisampler.negatives.searching import (
    Search,
    nearest_to_queries,
    search_and_draw,
    unsearched_pools,
)
from trisampler.negatives.settings import Pool, SamplingSettings
from trisampler.negatives.vectors import ArrayVectors
from trisampler.progress import progress_bar


@dataclass(frozen=True)
class MinedRows:
    """Negatives of P pairs as rows of the document matrix.

    Attributes:
        rows_Pn: documents' rows in the order of drawing, -1 where a pair has fewer.
        ranks_Pn: rank among the query's candidates, 0 where there is none.
        s_q_neg_Pn: s(q, d-); 0 off the mask, so the two below.
        s_pos_neg_Pn: s(d+, d-).
        log_probability_Pn: of each draw given the earlier ones of its stage.
        diagnostics: the draw in numbers, ready for JSON.
    """

    rows_Pn: Int64
    ranks_Pn: Int32
    s_q_neg_Pn: Float32
    s_pos_neg_Pn: Float32
    log_probability_Pn: Float32
    diagnostics: dict[str, Any]

    @property
    def mask_Pn(self) -> Bool:
        """Which places hold a negative: the first ones of each row."""
        return self.rows_Pn >= 0


def mine(
    query_vectors_QD: Float32,
    document_vectors_ND: Float32,
    pairs_P2: npt.ArrayLike,
    settings: SamplingSettings,
    *,
    seed: int = 0,
    round_number: int = 1,
    depth: int = 200,
    candidates: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    text_classes_N: Int64 | None = None,
) -> MinedRows:
    """Search and draw in one go, a few thousand queries at a time.

    What it holds besides vectors and result does not grow with the number of queries.

    Args:
        query_vectors_QD: float32.
        document_vectors_ND: float32.
        pairs_P2: (query row, positive's row) per pair, each pair once, in any order. All positives
            of a query must be here: whatever is not may be drawn.
        settings: the sampler; its pools are `encoder` or `corpus`.
        seed: of the noise, which is keyed by row numbers.
        round_number: other rounds draw independently.
        depth: candidates per query.
        candidates: rows (Q, K), -1 for none, and scores (Q, K), best first, from a search of your
            own; by default an exact one.
        text_classes_N: for each document the first row that has the same text; by default all
            texts differ.

    Returns:
        Rows in the order of `pairs_P2`.

    Raises:
        NegativesError: unusable input, naming query and document by row number.
    """
    queries, corpus = ArrayVectors(query_vectors_QD), ArrayVectors(document_vectors_ND)
    sampler = settings.build_sampler()
    keys_P, order_P = _keys(pairs_P2, len(query_vectors_QD), len(document_vectors_ND))
    classes_N = np.arange(len(document_vectors_ND)) if text_classes_N is None else text_classes_N
    matrices, statistics = _blank(len(keys_P), settings.negatives), []
    if sampler.pool is not None and len(keys_P):
        material = Material(
            queries=queries,
            corpus=CorpusMaterial(corpus, corpus.ids, classes_N, digest_rows(len(corpus.ids))),
            query_ids=queries.ids,
            query_digests_Q=digest_rows(len(queries.ids)),
            positive_keys_X=keys_P,
        )
        searches: dict[Pool, Search] = {
            "encoder": nearest_to_queries(queries, corpus, depth)
            if candidates is None
            else _given_candidates(candidates, len(queries.ids), len(corpus.ids))
        }
        pools = unsearched_pools(searches, settings.pools_of(sampler), settings.corpus_offered)
        miner = Miner(material, sampler, pools, settings, seed, round_number)
        with progress_bar(len(keys_P), f"mining ({sampler.name})", "pair") as bar:
            for part in search_and_draw(miner, searches, done=bar.update):
                _write(part.drawn, matrices)
                statistics.append(part.statistics)
    written_P = np.count_nonzero(matrices["rows_Pn"] >= 0, axis=1)
    diagnostics = describe(join_statistics(statistics), sampler, settings, written_P)
    return MinedRows(
        # One at a time, so that only one of them is there twice.
        **{name: matrices.pop(name)[order_P] for name in tuple(matrices)},
        diagnostics=diagnostics,
    )


def _keys(pairs_P2: npt.ArrayLike, queries: int, documents: int) -> tuple[Int64, Int64]:
    """Sorted keys of the pairs, and for each pair as given where its key stands."""
    pairs = np.asarray(pairs_P2, dtype=np.int64).reshape(-1, 2)
    outside = np.flatnonzero((pairs < 0).any(axis=1) | (pairs >= (queries, documents)).any(axis=1))
    if outside.size:
        raise NegativesError(
            f"pair {outside[0]} is (query {pairs[outside[0], 0]}, document {pairs[outside[0], 1]}),"
            f" but there are {queries} queries and {documents} documents"
        )
    keys_P, order_P = np.unique(pairs[:, 0] * documents + pairs[:, 1], return_inverse=True)
    return keys_P, order_P


def _given_candidates(
    candidates: tuple[npt.ArrayLike, npt.ArrayLike], queries: int, documents: int
) -> Search:
    """A search whose results are at hand."""
    all_rows_QK, all_scores_QK = (np.asanyarray(each) for each in candidates)
    shape = all_rows_QK.shape
    if len(shape) != 2 or len(all_rows_QK) != queries or all_scores_QK.shape != shape:
        raise NegativesError(
            f"candidates have rows of shape {shape} and scores of shape {all_scores_QK.shape}, and "
            f"there are {queries} queries; expected one row of both for each query, equally long"
        )

    def search(queries: range, _: Int64) -> CandidateLists:
        rows_QK = all_rows_QK[queries.start : queries.stop]
        scores_QK = all_scores_QK[queries.start : queries.stop]
        if rows_QK.size and int(rows_QK.max()) >= documents:
            raise NegativesError(
                f"a candidate of queries {queries.start} to {queries.stop - 1} is row "
                f"{rows_QK.max()}, but there are {documents} documents"
            )
        return CandidateLists.from_matrix(rows_QK.astype(np.int64), scores_QK, queries.start)

    return search


def _blank(pairs: int, negatives: int) -> dict[str, npt.NDArray[Any]]:
    """The matrices of `MinedRows` without any negative."""
    shape = (pairs, negatives)
    return {
        "rows_Pn": np.full(shape, -1, dtype=np.int64),
        "ranks_Pn": np.zeros(shape, dtype=np.int32),
        "s_q_neg_Pn": np.zeros(shape, dtype=np.float32),
        "s_pos_neg_Pn": np.zeros(shape, dtype=np.float32),
        "log_probability_Pn": np.zeros(shape, dtype=np.float32),
    }


def _write(drawn: Drawn, matrices: dict[str, npt.NDArray[Any]]) -> None:
    """Put some pairs' negatives where they belong, in the order of drawing."""
    first_X = np.searchsorted(drawn.pair_X, drawn.pair_X)
    cells = (drawn.pair_X, np.arange(len(first_X)) - first_X)
    matrices["rows_Pn"][cells] = drawn.row_X
    matrices["ranks_Pn"][cells] = drawn.rank_X
    matrices["s_q_neg_Pn"][cells] = drawn.s_q_neg_X
    matrices["s_pos_neg_Pn"][cells] = drawn.s_pos_neg_X
    matrices["log_probability_Pn"][cells] = drawn.log_probability_X
