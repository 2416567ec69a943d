"""A round: embed, retrieve, sample, train. One modular pipeline, instantiated once per round."""

from kedro.pipeline import Pipeline

from trisampler.pipelines import embedding, retrieval, sampling, training

_SHARED = {"corpus", "queries", "train_judgements", "vector_cache", "dev_pool"}
_PARAMETERS = {
    "params:seed",
    "params:encoding",
    "params:retrieval",
    "params:sampling",
    "params:training",
}


def create_round(number: int) -> Pipeline:
    """Round `number`: from encoder `number - 1` to encoder `number`.

    Args:
        number: From 1. Rounds differ in nothing else.
    """
    before, after = f"encoder_{number - 1}", f"encoder_{number}"
    return Pipeline(
        [
            embedding.create_pipeline(),
            retrieval.create_pipeline(),
            sampling.create_pipeline(number),
            training.create_pipeline(number),
        ],
        namespace=f"round_{number}",
        inputs={
            **{name: name for name in _SHARED},
            "lexical_candidates": "bm25.candidates",
            "encoder": before,
        },
        outputs={
            "corpus_embeddings": f"{before}.corpus_embeddings",
            "query_embeddings": f"{before}.query_embeddings",
            "trained_encoder": after,
        },
        parameters={name: name for name in _PARAMETERS},
    )
