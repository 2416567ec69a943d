from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ir_measures
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.toy import Toy
from trisampler.encoders.settings import EncodingSettings
from trisampler.training.dev_measure import measure_dev_pool, ndcg
from trisampler.training.dev_pool import DevPool

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


def from_ir_measures(scores: np.ndarray, gains: np.ndarray) -> list[float]:
    judgements = [
        ir_measures.Qrel(f"q{query}", f"d{document:03}", int(gain))
        for (query, document), gain in np.ndenumerate(gains)
    ]
    hits = [
        ir_measures.ScoredDoc(f"q{query}", f"d{document:03}", float(score))
        for (query, document), score in np.ndenumerate(scores)
    ]
    values = {
        metric.query_id: metric.value
        for metric in ir_measures.iter_calc([ir_measures.nDCG @ 10], judgements, hits)
    }
    return [values[f"q{query}"] for query in range(len(scores))]


@given(
    seed=st.integers(0, 2**32 - 1),
    document_count=st.integers(1, 40),
    levels=st.integers(1, 50),
)
@settings(deadline=None, max_examples=30)
def test_agrees_with_ir_measures_ties_included(seed: int, document_count: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.integers(levels, size=(4, document_count)).astype(np.float32) / 8
    gains = random.choice([0.0, 0.0, 1.0, 2.0], size=(4, document_count))
    gains[np.arange(4), random.integers(document_count, size=4)] = 1
    assert ndcg(scores, gains) == pytest.approx(from_ir_measures(scores, gains), abs=1e-12)


def test_by_hand() -> None:
    # Ranked second: 1 / log2(3).
    scores = np.array([[0.5, 0.9, 0.1]], dtype=np.float32)
    assert ndcg(scores, np.array([[1.0, 0.0, 0.0]]))[0] == pytest.approx(1 / np.log2(3))


def test_a_pool_where_queries_read_like_their_documents(
    load_tiny: Callable[[], Encoder],
) -> None:
    texts = ["sort the list", "read a file", "parse numbers", "open the door"]
    pool = DevPool(
        queries=pl.DataFrame({"query_id": list("pqrs"), "text": texts}),
        documents=pl.DataFrame({"doc_id": list("abcd"), "title": "", "text": texts}),
        judgements=pl.DataFrame({"query_id": list("pqrs"), "doc_id": list("abcd"), "relevance": 1}),
    )
    value = measure_dev_pool(load_tiny(), pool, EncodingSettings(precision="float32"))
    assert value == pytest.approx(1.0)


def test_leaves_the_encoder_as_it_was(load_tiny: Callable[[], Encoder], collection: Toy) -> None:
    encoder = load_tiny().train()
    first = measure_dev_pool(encoder, collection.dev_pool(), EncodingSettings(precision="float32"))
    assert encoder.module.training
    encoder.eval()
    again = measure_dev_pool(encoder, collection.dev_pool(), EncodingSettings(precision="float32"))
    assert first == again
    assert 0 < first < 1
