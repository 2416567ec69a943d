"""The baselines."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines import embedding, search
from trisampler.pipelines.baseline.nodes import load_pretrained, search_with_bm25
from trisampler.pipelines.namespaces import in_namespace


def create_pipeline() -> Pipeline:
    """Search with BM25; load encoder_0, embed and search with it."""
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
                search_with_bm25,
                inputs=[
                    "corpus",
                    "queries",
                    "train_judgements",
                    "dev_judgements",
                    "test_judgements",
                    "params:lexical",
                    "params:retrieval",
                ],
                outputs=["candidates", "dev_run", "test_run"],
                name="search_with_bm25",
            )
        ],
    )


def _pretrained_encoder() -> Pipeline:
    load = Node(load_pretrained, "params:encoder", "encoder", name="load_pretrained")
    return in_namespace(
        "encoder_0",
        [load, embedding.create_pipeline(), search.create_pipeline()],
        outputs={"encoder": "encoder_0"},
    )
