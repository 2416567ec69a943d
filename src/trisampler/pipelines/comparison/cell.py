"""One cell of the comparison, from the negatives to what the trained encoder finds."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from trisampler.cells import Cell
from trisampler.pipelines import embedding, indexing, sampling, search, training
from trisampler.pipelines.comparison.cell_sampling import cell_drawer
from trisampler.pipelines.comparison.cell_telling import cell_teller
from trisampler.pipelines.comparison.cell_training import cell_trainer
from trisampler.pipelines.evaluation.pipeline import measuring
from trisampler.pipelines.namespaces import in_namespace

_OF_THE_UNTUNED = ("corpus_embeddings", "query_embeddings")
_OF_ROUND_1 = ("candidates", "neighbours", "teacher_scores")
_OWN = {"sampler_parameters": "params:comparison.sampler_parameters"}


def create_cell(cell: Cell) -> Pipeline:
    """Draw, train, embed, search and measure, from what round 1 retrieved.

    The stages are those of a round; nothing that no sampler has a say in is done again.
    """
    draw_and_train = Pipeline(
        [
            sampling.create_pipeline(cell_drawer(cell), _OWN),
            training.create_pipeline(cell_trainer(cell), _OWN),
        ],
        inputs={name: f"former_{name}" for name in ("encoder", *_OF_THE_UNTUNED)},
        outputs={"trained_encoder": "encoder"},
    )
    embed_and_search = Pipeline(
        [stage.create_pipeline() for stage in (embedding, indexing, search)]
    )
    return in_namespace(
        f"comparison.{cell.name}",
        [draw_and_train, embed_and_search, measuring(), _tell(cell)],
        inputs={
            "former_encoder": "encoder_0",
            **{f"former_{name}": f"encoder_0.{name}" for name in _OF_THE_UNTUNED},
            **{name: f"round_1.{name}" for name in _OF_ROUND_1},
            "lexical_candidates": "bm25.candidates",
            "hidden_judgements": "hidden_judgements",
        },
    )


def _tell(cell: Cell) -> Node:
    return Node(
        cell_teller(cell),
        inputs=[
            "negatives",
            "diagnostics",
            "training_history",
            "candidates",
            "hidden_judgements",
            "params:evaluation.alpha",
        ],
        outputs="facts",
        name="tell_cell",
    )
