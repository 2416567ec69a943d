"""The baselines."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines import embedding, indexing, search
from trisampler.pipelines.baseline.lexical_nodes import search_test, search_train_and_dev
from trisampler.pipelines.baseline.nodes import load_pretrained
from trisampler.pipelines.namespaces import in_namespace


def create_pipeline() -> Pipeline:
    """Search with BM25; load encoder_0, embed, index and search with it."""
    return Pipeline(
        [_bm25(), _pretrained_encoder()],
        namespace="baseline",
        prefix_datasets_with_namespace=False,
    )


def _bm25() -> Pipeline:
    return in_namespace(
        "bm25",
        [
            Node(
                search_train_and_dev,
                inputs=[
                    "corpus",
                    "queries",
                    "train_judgements",
                    "dev_judgements",
                    "params:lexical",
                    "params:retrieval.depth",
                ],
                outputs=["candidates", "dev_run"],
                name="search_train_and_dev",
            ),
            Node(
                search_test,
                inputs=["corpus", "queries", "test_judgements", "params:lexical"],
                outputs="test_run",
                name="search_test",
            ),
        ],
    )


def _pretrained_encoder() -> Pipeline:
    load = Node(load_pretrained, "params:encoder", "encoder", name="load_pretrained")
    return in_namespace(
        "encoder_0",
        [load, *(stage.create_pipeline() for stage in (embedding, indexing, search))],
        outputs={"encoder": "encoder_0"},
    )
