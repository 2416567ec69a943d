"""The project's pipelines, shaped by conf/<env>/structure.yml."""

from __future__ import annotations

import warnings

from kedro.pipeline import Pipeline

from trisampler.pipelines import (
    audit,
    baseline,
    comparison,
    development,
    diagnosis,
    evaluation,
    ingestion,
    promotion,
    release,
    reporting,
    survey,
)
from trisampler.pipelines.rounds import create_round
from trisampler.pipelines.search.pipeline import FOUND_BY
from trisampler.structure import Structure, current_structure


def register_pipelines() -> dict[str, Pipeline]:
    """All pipelines by name; `__default__` is the whole DAG."""
    with warnings.catch_warnings():
        # A system's datasets carry its name (encoder_1.dev_run) in every pipeline that uses them.
        warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")
        return _create_pipelines(current_structure())


def _create_pipelines(structure: Structure) -> dict[str, Pipeline]:
    rounds = structure.rounds
    stages = {
        "ingestion": ingestion.create_pipeline(),
        "baseline": baseline.create_pipeline(),
        "development": development.create_pipeline(),
        **{f"round_{number}": create_round(number) for number in range(1, rounds + 1)},
        "audit": audit.create_pipeline(rounds),
        "evaluation": evaluation.create_pipeline(rounds),
        "diagnosis": diagnosis.create_pipeline(rounds),
        "release": release.create_pipeline(rounds),
        "promotion": promotion.create_pipeline(rounds),
        "reporting": reporting.create_pipeline(rounds),
    }
    whole = sum(stages.values(), Pipeline([]))
    beside = {
        "survey": survey.create_pipeline(),
        "comparison": comparison.create_pipeline(structure.comparison),
    }
    return {
        "__default__": whole,
        **stages,
        "promotion": _gate(whole, stages["promotion"], rounds),
        # With all that they need: they are asked for before there is anything.
        **{
            name: (whole + pipeline).to_outputs(*pipeline.outputs())
            for name, pipeline in beside.items()
        },
        "refresh": _refresh(whole, rounds),
    }


def _gate(whole: Pipeline, promotion: Pipeline, rounds: int) -> Pipeline:
    """The gate, with what it finds documents by brought up to the corpus of now.

    The encoder itself stays as it is.
    """
    names = [f"encoder_{rounds}.{name}" for name in FOUND_BY]
    return promotion + whole.only_nodes_with_outputs(*names)


def _refresh(whole: Pipeline, rounds: int) -> Pipeline:
    """From the source's documents, whatever they are now, to the registered bundle.

    The encoder, and what the gate has said of it, stay as they are.

    The nodes are those of the whole DAG, so that what one has made the other need not make.
    """
    makes_the_encoder = whole.to_outputs(f"encoder_{rounds}")
    makes_the_bundle = whole.to_outputs("bundle") - makes_the_encoder
    return ingestion.create_corpus_pipeline() + makes_the_bundle + promotion.create_registration()
