"""One cell of the comparison, from the negatives to what the trained encoder finds."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from trisampler.cells import Cell
from trisampler.pipelines import (
    embedding,
    indexing,
    retrieval,
    sampling,
    search,
    teaching,
    training,
)
from trisampler.pipelines.comparison.cell_sampling import cell_drawer
from trisampler.pipelines.comparison.cell_telling import cell_teller, join_histories
from trisampler.pipelines.comparison.cell_training import cell_trainer
from trisampler.pipelines.evaluation.pipeline import measuring
from trisampler.pipelines.namespaces import in_namespace
from trisampler.pipelines.search.pipeline import EMBEDDINGS, FOUND_BY

_RETRIEVED = ("candidates", "neighbours", "teacher_scores")
_OWN = {"sampler_parameters": "params:comparison.sampler_parameters"}
_SPLITS = ("dev", "test")


def splits_of(*, test: bool) -> tuple[str, ...]:
    """The splits that are searched and measured."""
    return _SPLITS if test else _SPLITS[:1]


def create_cell(cell: Cell, *, test: bool = True) -> Pipeline:
    """Draw, train, embed, search and measure, from what round 1 retrieved.

    The stages are those of a round; nothing that no variant has a say in is done again. Further
    rounds of the cell retrieve with the encoder that the one before left.

    Args:
        cell: What is trained.
        test: Whether the test split is looked at.
    """
    splits = splits_of(test=test)
    chain = cell.variant.rounds > 1
    afterwards = in_namespace(
        _namespace(cell, cell.variant.rounds),
        [
            search.create_pipeline(splits),
            measuring(splits),
            *([_join(cell)] if chain else []),
            _tell(cell),
        ],
        inputs={"hidden_judgements": "hidden_judgements"}
        | ({} if chain else {"candidates": "round_1.candidates"}),
    )
    return Pipeline([*(_round(cell, number) for number in cell.rounds), afterwards])


def _round(cell: Cell, number: int) -> Pipeline:
    """Mine, train, embed and index."""
    mine_and_train = Pipeline(
        [
            *((retrieval.create_pipeline(), teaching.create_pipeline()) if number > 1 else ()),
            sampling.create_pipeline(cell_drawer(cell, number), _OWN),
            training.create_pipeline(cell_trainer(cell, number), _OWN),
        ],
        inputs=_renamed_in_a_round(number),
        outputs={"trained_encoder": "encoder"},
    )
    # Training queries are searched with by further rounds alone.
    last = number == cell.variant.rounds
    embed_and_index = Pipeline(
        [stage.create_pipeline() for stage in (embedding, indexing)],
        inputs={"queries": "evaluated_queries"} if last else {},
    )
    return in_namespace(
        _namespace(cell, number),
        [mine_and_train, embed_and_index],
        inputs=_from_before(cell, number) | {"lexical_candidates": "bm25.candidates"},
        outputs={"training_history": _history(cell, number)},
    )


def _history(cell: Cell, number: int) -> str:
    """The history of one round, and where there is but one, of the cell."""
    whole = f"comparison.{cell.name}"
    place = f"{whole}.round_{number}" if cell.variant.rounds > 1 else whole
    return f"{place}.training_history"


def _namespace(cell: Cell, number: int) -> str:
    """Of one of the cell's rounds: the last one is at home in the cell's own."""
    whole = f"comparison.{cell.name}"
    return whole if number == cell.variant.rounds else f"{whole}.round_{number}"


def _renamed_in_a_round(number: int) -> dict[str, str]:
    """What is there before a round and after it alike."""
    names = ("encoder", *(FOUND_BY if number > 1 else EMBEDDINGS))
    return {name: f"former_{name}" for name in names}


def _from_before(cell: Cell, number: int) -> dict[str, str]:
    """Name in a round -> what the round before, or that of encoder_0, left."""
    if number > 1:
        before = _namespace(cell, number - 1)
        return {former: f"{before}.{name}" for name, former in _renamed_in_a_round(number).items()}
    return {
        "former_encoder": "encoder_0",
        **{f"former_{name}": f"encoder_0.{name}" for name in EMBEDDINGS},
        **{name: f"round_1.{name}" for name in _RETRIEVED},
    }


def _join(cell: Cell) -> Node:
    return Node(
        join_histories,
        inputs=[f"round_{number}.training_history" for number in cell.rounds],
        outputs="training_history",
        name="join_histories",
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
            "params:training",
        ],
        outputs="facts",
        name="tell_cell",
    )
