"""A round: retrieve, ask the teacher, sample, train, embed, index and search with the new encoder.

One modular pipeline, instantiated once per round. A round begins with embeddings and index of the
encoder before it and ends with its own, which the next round and the evaluation share.
"""

from kedro.pipeline import Pipeline

from trisampler.pipelines import (
    embedding,
    indexing,
    retrieval,
    sampling,
    search,
    teaching,
    training,
)
from trisampler.pipelines.namespaces import in_namespace
from trisampler.pipelines.sampling.nodes import negatives_drawer
from trisampler.pipelines.search.pipeline import FOUND_BY
from trisampler.pipelines.training.nodes import encoder_trainer

_FOUND = ("index_report", "dev_run", "test_run")


def create_round(number: int) -> Pipeline:
    """Round `number`: from encoder `number - 1` to encoder `number`.

    Args:
        number: From 1. Rounds differ in nothing else.
    """
    before, after = f"encoder_{number - 1}", f"encoder_{number}"
    mine_and_train = Pipeline(
        [
            retrieval.create_pipeline(),
            teaching.create_pipeline(),
            sampling.create_pipeline(negatives_drawer(number)),
            training.create_pipeline(encoder_trainer(number, f"Training round {number}")),
        ],
        inputs={name: f"former_{name}" for name in ("encoder", *FOUND_BY)},
    )
    embed_and_search = Pipeline(
        [stage.create_pipeline() for stage in (embedding, indexing, search)],
        inputs={"encoder": "trained_encoder"},
    )
    return in_namespace(
        f"round_{number}",
        [mine_and_train, embed_and_search],
        inputs={
            "lexical_candidates": "bm25.candidates",
            "former_encoder": before,
            **{f"former_{name}": f"{before}.{name}" for name in FOUND_BY},
        },
        outputs={
            "trained_encoder": after,
            **{name: f"{after}.{name}" for name in (*FOUND_BY, *_FOUND)},
        },
    )
