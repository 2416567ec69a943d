"""Reading vectors in blocks."""

from __future__ import annotations

import numpy as np
import pytest

from search.samples import embeddings
from trisampler.search.errors import SearchError
from trisampler.search.vectors import SelectedVectors, VectorBlocks


@pytest.mark.parametrize("block_rows", [1, 4, 10, 99])
def test_blocks_are_all_rows_in_order(block_rows: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float16)
    blocks = list(VectorBlocks(embeddings(vectors), "document", block_rows))
    together = np.concatenate([block.vectors_ND for block in blocks])
    assert together.dtype == np.float32
    assert (together == vectors).all()
    assert [block.start for block in blocks] == list(range(0, 10, block_rows))
    assert blocks[-1].stop == 10


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e25])
def test_unusable_vector_is_named(value: float) -> None:
    vectors = np.ones((10, 3), dtype=np.float32)
    vectors[6, 1] = value
    with pytest.raises(SearchError, match="document 'd000006'"):
        list(VectorBlocks(embeddings(vectors), "document", 4))


def test_holding_finds_rows_in_few_blocks() -> None:
    vectors = np.arange(60, dtype=np.float32).reshape(20, 3)
    blocks = VectorBlocks(embeddings(vectors), "document", 4)
    rows = np.array([[17, -1, 3], [3, 5, 17]])
    holding, places = blocks.holding(rows)
    together = np.concatenate([block.vectors_ND for block in holding])
    assert together.tolist() == vectors[[3, 5, 17]].tolist()
    assert places.tolist() == [[2, -1, 0], [0, 1, 2]]


def test_selected_vectors_keep_their_ids() -> None:
    selected = SelectedVectors(embeddings(np.eye(5)), np.array([1, 4]))
    assert selected.ids == ["d000001", "d000004"]
    assert selected.vectors(slice(1, 2)).tolist() == [[0, 0, 0, 0, 1]]
    assert selected.vectors().tolist() == np.eye(5)[[1, 4]].tolist()
