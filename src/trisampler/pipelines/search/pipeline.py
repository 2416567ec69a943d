"""Search on dev and test."""

from __future__ import annotations

from collections.abc import Sequence

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.search.nodes import search_with_encoder

EMBEDDINGS = ("query_embeddings", "corpus_embeddings")
FOUND_BY = (*EMBEDDINGS, "index")
"""Of an encoder, what documents are found by."""


def create_pipeline(splits: Sequence[str] = ("dev", "test")) -> Pipeline:
    """Search the corpus for the queries of dev and of test.

    Two nodes, so that the DAG itself shows that nothing on the way to an encoder reads test
    judgements.

    Args:
        splits: Those that are searched for.
    """
    return Pipeline(
        [search_for(split) for split in splits],
        namespace="search",
        prefix_datasets_with_namespace=False,
    )


def search_for(split: str) -> Node:
    """Search the corpus for the queries that `split` judges: `gate` is one too."""
    return Node(
        search_with_encoder,
        inputs=[
            *FOUND_BY,
            f"{split}_judgements",
            "params:evaluation.depth",
            "params:cluster",
        ],
        outputs=f"{split}_run",
        name=f"search_{split}",
    )
