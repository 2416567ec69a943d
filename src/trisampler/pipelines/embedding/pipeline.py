"""Embedding."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.embedding.nodes import embed_corpus, embed_queries


def create_pipeline() -> Pipeline:
    """Embed corpus and queries with `encoder`."""
    return Pipeline(
        [
            Node(
                embed_corpus,
                inputs=["corpus", "encoder", "vector_cache", "params:encoding", "params:cluster"],
                outputs="corpus_embeddings",
                name="embed_corpus",
            ),
            Node(
                embed_queries,
                inputs=["queries", "encoder", "vector_cache", "params:encoding", "params:cluster"],
                outputs="query_embeddings",
                name="embed_queries",
            ),
        ],
        namespace="embedding",
        prefix_datasets_with_namespace=False,
    )
