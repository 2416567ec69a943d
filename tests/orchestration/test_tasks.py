"""How a pipeline is cut into tasks, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from trisampler.datasets.files import WholeJSON
from trisampler.orchestration.tasks import OrchestrationError, PipelineTask, pipeline_tasks


def pass_on(value: object) -> object:
    return value


def node(namespace: str, given: str, made: str) -> Node:
    return Node(pass_on, given, made, name=f"make_{made}", namespace=namespace)


CHAIN = Pipeline(
    [
        node("first", "params:size", "one"),
        node("first", "one", "two"),
        node("second.inner", "two", "three"),
        node("third", "three", "four"),
        node("third", "one", "five"),
    ]
)


def stored(folder: Path, *names: str) -> DataCatalog:
    stored = {name: WholeJSON(filepath=str(folder / f"{name}.json")) for name in names}
    return DataCatalog({"params:size": MemoryDataset(1), **stored})


def by_name(tasks: list[PipelineTask]) -> dict[str, PipelineTask]:
    return {task.name: task for task in tasks}


def test_a_task_for_each_top_level_namespace(tmp_path: Path) -> None:
    tasks = pipeline_tasks(CHAIN, stored(tmp_path, "one", "two", "three"), "namespace")
    assert [task.name for task in tasks] == ["first", "second", "third"]
    second, third = tasks[1:]
    assert second.selection == ("--namespaces", "second")
    assert second.nodes == ("second.inner.make_three",)
    assert second.after == ("first",)
    assert third.after == ("first", "second")


def test_a_task_for_each_node_in_an_order_in_which_they_can_run(tmp_path: Path) -> None:
    tasks = pipeline_tasks(CHAIN, stored(tmp_path, "one", "two", "three"), "node")
    assert len(tasks) == 5
    before: set[str] = set()
    for task in tasks:
        assert set(task.after) <= before
        before.add(task.name)
    last = by_name(tasks)["third.make_four"]
    assert last.selection == ("--nodes", "third.make_four")
    assert last.group == "third"
    assert last.after == ("second.inner.make_three",)


def test_what_would_cross_in_memory_is_refused_by_name(tmp_path: Path) -> None:
    catalog = stored(tmp_path, "one", "three")
    with pytest.raises(OrchestrationError, match=r"two \(from first to second\)") as refused:
        pipeline_tasks(CHAIN, catalog, "namespace")
    assert "one (" not in str(refused.value)
    assert "four" not in str(refused.value)


def test_in_memory_within_one_task_is_fine_and_between_its_nodes_is_not(tmp_path: Path) -> None:
    catalog = stored(tmp_path, "two", "three")
    catalog["one"] = MemoryDataset()
    pipeline = Pipeline(CHAIN.nodes[:2])
    assert len(pipeline_tasks(pipeline, catalog, "namespace")) == 1
    with pytest.raises(OrchestrationError, match="one"):
        pipeline_tasks(pipeline, catalog, "node")


def test_namespaces_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    pipeline = Pipeline(
        [
            node("first", "params:size", "one"),
            node("second", "one", "two"),
            node("first", "two", "three"),
        ]
    )
    catalog = stored(tmp_path, "one", "two", "three")
    with pytest.raises(OrchestrationError, match=r"first -> second|second -> first"):
        pipeline_tasks(pipeline, catalog, "namespace")
    assert len(pipeline_tasks(pipeline, catalog, "node")) == 3
