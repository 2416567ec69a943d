"""What the DAG promises by its shape alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline

from project_conf import ENVIRONMENTS
from trisampler.incremental.keys import node_keys

PROJECT = Path(__file__).parents[2]
# These change nothing of the shape but the number of rounds.
OF_ONE_RECIPE = {"dpr", "ance", "adore", "simans"}


@pytest.fixture(scope="module", params=[name for name in ENVIRONMENTS if name not in OF_ONE_RECIPE])
def project(request: pytest.FixtureRequest) -> Iterator[tuple[Pipeline, DataCatalog]]:
    """The whole DAG, with the comparison, and its catalog in one environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        bootstrap_project(PROJECT)
        with KedroSession.create(PROJECT, env=request.param) as session:
            catalog = session.load_context().catalog
            yield pipelines["__default__"] + pipelines["comparison"], catalog


def test_every_dataset_is_in_the_catalog_and_nothing_crosses_a_node_in_memory(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    pipeline, catalog = project
    for name in sorted(pipeline.datasets()):
        in_memory = isinstance(catalog.get(name), MemoryDataset)
        assert in_memory == (name == "parameters" or name.startswith("params:")), name


def test_two_datasets_never_share_a_path(project: tuple[Pipeline, DataCatalog]) -> None:
    pipeline, catalog = project
    paths = [getattr(catalog.get(name), "_filepath", name) for name in pipeline.datasets()]
    assert len(set(paths)) == len(paths)


def test_every_place_is_found_from_any_working_folder() -> None:
    """By keys that Kedro makes absolute; it knows no others."""
    catalog = yaml.safe_load((PROJECT / "conf/base/catalog.yml").read_text())
    datasets = {name: entry for name, entry in catalog.items() if isinstance(entry, dict)}
    keys = {
        key
        for entry in datasets.values()
        for key, value in entry.items()
        if str(value).startswith(("${_", "data/"))
    }
    assert len(datasets) > 30
    assert keys == {"filepath", "path"}


def test_no_path_leads_from_test_judgements_to_an_encoder(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    pipeline, _ = project
    encoders = [
        name
        for name in pipeline.all_outputs()
        if name.removeprefix("encoder_").isdigit() or name.endswith(".encoder")
    ]
    assert len(encoders) >= 8
    for node in pipeline.to_outputs(*encoders).nodes:
        assert "test_judgements" not in node.inputs, node.name
        assert not any(name.endswith(".test_run") for name in node.inputs), node.name


def test_no_path_leads_from_hidden_judgements_to_negatives_or_an_encoder(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    pipeline, _ = project
    mined = [
        name
        for name in pipeline.all_outputs()
        if name.removeprefix("encoder_").isdigit() or name.endswith((".negatives", ".encoder"))
    ]
    assert len(mined) >= 16
    for node in pipeline.to_outputs(*mined).nodes:
        assert "hidden_judgements" not in node.inputs, node.name
        if "all_train_judgements" in node.inputs:
            assert node.name == "ingestion.hide_judgements"


def test_free_inputs_are_parameters_and_declared_handles(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    pipeline, catalog = project
    for name in pipeline.inputs():
        if not name.startswith("param"):
            assert catalog.get(name).grows_in_place, name


def test_a_refresh_is_the_whole_dags_way_from_documents_and_encoder_to_the_bundle(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    whole, _ = project
    refresh = pipelines["refresh"]
    own = {node.name for node in refresh.nodes} - {node.name for node in whole.nodes}
    assert own == {"ingestion.read_corpus"}
    assert {"corpus", "encoder_2.index", "bundle", "release_report"} <= refresh.all_outputs()
    for node in refresh.nodes:
        assert not [name for name in node.inputs if "judgements" in name], node.name
    for name in refresh.all_outputs():
        assert not name.removeprefix("encoder_").isdigit(), name


def test_the_gate_measures_both_encoders_on_the_corpus_as_it_is(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    whole, _ = project
    gate = pipelines["promotion"]
    # What an ordinary run has made the gate alone need not make.
    assert set(gate.nodes) <= set(whole.nodes)
    of_the_corpus = {node.name for node in gate.from_inputs("corpus").nodes}
    for side in ("candidate", "incumbent"):
        assert f"promotion.{side}.search_gate" in of_the_corpus
    assert not [name for name in gate.inputs() if name.endswith((".measurements", "_run"))]
    for name in gate.all_outputs():
        assert not name.removeprefix("encoder_").isdigit(), name


def test_the_corpus_has_the_same_key_in_a_refresh_and_in_the_whole_dag(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    _, catalog = project
    whole = node_keys(pipelines["ingestion"], catalog)["ingestion.read_source"]
    refresh = node_keys(pipelines["refresh"], catalog)["ingestion.read_corpus"]
    (read_source,) = pipelines["ingestion"].filter(node_names=["ingestion.read_source"]).nodes
    for number, name in enumerate(("corpus", "passages")):
        assert whole.of_output(read_source.outputs.index(name)) == refresh.of_output(number)


def test_rounds_differ_in_their_number_alone(project: tuple[Pipeline, DataCatalog]) -> None:
    def shape(number: int) -> list[tuple[str, list[str], list[str]]]:
        def relative(name: str) -> str:
            for kind, base in (("round", number), ("encoder", number), ("encoder", number - 1)):
                name = name.replace(f"{kind}_{base}", f"{kind}<{number - base}>")
            return name

        return [
            (
                relative(node.name),
                [relative(name) for name in node.inputs],
                [relative(name) for name in node.outputs],
            )
            for node in pipelines[f"round_{number}"].nodes
        ]

    assert shape(1) == shape(2)


def test_cells_differ_in_their_name_alone_and_share_what_round_1_retrieved(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    from trisampler.structure import current_structure

    pipeline = pipelines["comparison"]
    shapes: dict[int, list[object]] = {}
    for cell in current_structure().comparison.cells:
        prefix = f"comparison.{cell.name}."
        nodes = [node for node in pipeline.nodes if node.name.startswith(prefix)]
        read = {name for node in nodes for name in node.inputs} - {
            name for node in nodes for name in node.outputs
        }
        assert {"round_1.candidates", "round_1.neighbours", "encoder_0.corpus_embeddings"} <= read
        again = [node for node in nodes if node.name.endswith("retrieve_candidates")]
        assert len(again) == cell.variant.rounds - 1
        shapes.setdefault(cell.variant.rounds, []).append(
            sorted(
                (
                    node.name.replace(prefix, ""),
                    tuple(name.replace(prefix, "") for name in node.inputs),
                )
                for node in nodes
            )
        )
    assert sum(map(len, shapes.values())) >= 6
    assert all(shape == alike[0] for alike in shapes.values() for shape in alike)


def test_each_round_of_a_cell_begins_with_the_encoder_of_the_one_before(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    from trisampler.structure import current_structure

    nodes = {node.name: node for node in pipelines["comparison"].nodes}
    for cell in current_structure().comparison.cells:
        whole = f"comparison.{cell.name}"
        places = [f"{whole}.round_{number}" for number in cell.rounds[:-1]] + [whole]
        encoders = ["encoder_0", *(f"{place}.encoder" for place in places)]
        for place, before, after in zip(places, encoders[:-1], encoders[1:], strict=True):
            train = nodes[f"{place}.training.train_encoder"]
            draw = nodes[f"{place}.sampling.draw_negatives"]
            assert before in train.inputs
            assert after in train.outputs
            assert f"{place}.negatives" in {*train.inputs} & {*draw.outputs}
            embedded = "encoder_0" if before == "encoder_0" else before.removesuffix(".encoder")
            assert f"{embedded}.corpus_embeddings" in draw.inputs
        (told,) = (node for name, node in nodes.items() if name == f"{whole}.tell_cell")
        assert f"{whole}.training_history" in told.inputs
        last = f"{places[-1]}.candidates" if len(places) > 1 else "round_1.candidates"
        assert last in told.inputs


def test_cells_that_tune_never_see_the_test_split(
    project: tuple[Pipeline, DataCatalog],
) -> None:
    from trisampler.structure import current_structure

    of_cells = [node for node in pipelines["comparison"].nodes if ".seed_" in node.name]
    read = {name for node in of_cells for name in node.inputs}
    assert ("test_judgements" in read) == current_structure().comparison.test
    assert "dev_judgements" in read


def test_the_whole_dag_does_without_the_comparison(project: tuple[Pipeline, DataCatalog]) -> None:
    names = {node.name for node in pipelines["__default__"].nodes}
    assert not any(name.startswith("comparison.") for name in names)
    shared = {node.name for node in pipelines["comparison"].nodes} & names
    assert "round_1.retrieval.retrieve_candidates" in shared
    assert "round_1.training.train_encoder" not in shared


def test_each_namespace_runs_without_interruption(
    project: tuple[Pipeline, DataCatalog], recwarn: pytest.WarningsRecorder
) -> None:
    pipeline, _ = project
    groups = pipeline.group_nodes_by("namespace")
    assert {group.name for group in groups} >= {"ingestion", "baseline", "round_1", "evaluation"}
    assert not [warning for warning in recwarn if "interrupted" in str(warning.message)]
