"""One number for how well an encoder ranks the dev pool.

Legend: Q queries, N documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trisampler.corpora.documents import document_texts
from trisampler.encoders.settings import EncodingSettings
from trisampler.training.dev_pool import DevPool

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

MEASURE = "nDCG@10"
_CUT = 10


def measure_dev_pool(encoder: Encoder, pool: DevPool, settings: EncodingSettings) -> float:
    """Mean nDCG@10 of the pool's queries, searched among the pool's documents."""
    from trisampler.encoders.encoding import encode_texts

    queries_QD = encode_texts(encoder, pool.queries["text"].to_list(), "query", settings)
    documents_ND = encode_texts(encoder, document_texts(pool.documents), "document", settings)
    return float(np.mean(ndcg(queries_QD @ documents_ND.T, _gains(pool))))


def ndcg(
    scores_QN: npt.NDArray[np.float32], gains_QN: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """nDCG@10 of each query, (Q,), as trec_eval computes it.

    The gain is the relevance itself, discounted by log2(rank + 1); equal scores rank the later
    document first. Every query must have a gain above 0.
    """
    # Reversed columns make the stable sort put the later of two equal documents first.
    backward_QN = np.argsort(-scores_QN[:, ::-1], axis=1, kind="stable")[:, :_CUT]
    top_QK = scores_QN.shape[1] - 1 - backward_QN
    discounts_K = 1 / np.log2(np.arange(top_QK.shape[1]) + 2)
    found_Q = np.take_along_axis(gains_QN, top_QK, axis=1) @ discounts_K
    ideal_Q = -np.sort(-gains_QN, axis=1)[:, : len(discounts_K)] @ discounts_K
    return np.asarray(found_Q / ideal_Q)


def _gains(pool: DevPool) -> npt.NDArray[np.float64]:
    gains_QN = np.zeros((len(pool.queries), len(pool.documents)))
    query_rows = pool.queries["query_id"].search_sorted(pool.judgements["query_id"])
    document_rows = pool.documents["doc_id"].search_sorted(pool.judgements["doc_id"])
    gains_QN[query_rows.to_numpy(), document_rows.to_numpy()] = pool.judgements["relevance"]
    return gains_QN
