"""The tasks that an orchestrator runs, each in its own process, and the check that they can."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, Literal

from trisampler.errors import TrisamplerError

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

Grouping = Literal["namespace", "node"]


class OrchestrationError(TrisamplerError):
    """The pipeline cannot be run as tasks in processes of their own."""


@dataclass(frozen=True)
class PipelineTask:
    """A part of the pipeline that one process runs.

    Attributes:
        name: Of a namespace or a node.
        group: The namespace, of a node that has one.
        selection: Options of `kedro run` that choose the part.
        nodes: Names of its nodes.
        after: Names of the tasks that it waits for, in their order.
    """

    name: str
    group: str | None
    selection: tuple[str, str]
    nodes: tuple[str, ...]
    after: tuple[str, ...]


def pipeline_tasks(
    pipeline: Pipeline, catalog: CatalogProtocol[Any, Any], grouping: Grouping
) -> list[PipelineTask]:
    """Cut a pipeline into tasks, in an order in which they can run.

    Args:
        pipeline: What is to be run.
        catalog: Says what is kept where another process finds it.
        grouping: A task for each top-level namespace, or for each node.

    Raises:
        OrchestrationError: A dataset that only lives in memory would have to cross from one task
            to another, or tasks wait for each other.
    """
    tasks = _in_order(_cut(pipeline, grouping))
    _refuse_what_crosses_in_memory(tasks, pipeline, catalog)
    return tasks


def _cut(pipeline: Pipeline, grouping: Grouping) -> list[PipelineTask]:
    namespaces = {node.name: (node.namespace or "").partition(".")[0] for node in pipeline.nodes}
    tasks = []
    for group in pipeline.group_nodes_by("namespace" if grouping == "namespace" else None):
        is_namespace = group.type == "namespace"
        tasks.append(
            PipelineTask(
                name=group.name,
                group=None if is_namespace else namespaces[group.nodes[0]] or None,
                selection=("--namespaces" if is_namespace else "--nodes", group.name),
                nodes=tuple(group.nodes),
                after=tuple(sorted(group.dependencies)),
            )
        )
    return tasks


def _in_order(tasks: Iterable[PipelineTask]) -> list[PipelineTask]:
    named = {task.name: task for task in sorted(tasks, key=lambda task: task.name)}
    sorter = TopologicalSorter({name: task.after for name, task in named.items()})
    try:
        return [named[name] for name in sorter.static_order()]
    except CycleError as error:
        raise OrchestrationError(
            f"Namespaces wait for each other: {' -> '.join(error.args[1])}. Make a task of each "
            "node: --group-by node."
        ) from None


def _refuse_what_crosses_in_memory(
    tasks: list[PipelineTask], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
) -> None:
    task_of = {node: task.name for task in tasks for node in task.nodes}
    maker_of = {name: task_of[node.name] for node in pipeline.nodes for name in node.outputs}
    lost = []
    for name, maker in sorted(maker_of.items()):
        readers = {task_of[node.name] for node in pipeline.nodes if name in node.inputs}
        if readers - {maker} and _is_in_memory(name, catalog):
            lost.append(f"{name} (from {maker} to {', '.join(sorted(readers - {maker}))})")
    if lost:
        raise OrchestrationError(
            f"Only in memory, and lost between tasks: {'; '.join(lost)}. Give each an entry in "
            "conf/base/catalog.yml that stores it, or let one task make and read it."
        )


def _is_in_memory(name: str, catalog: CatalogProtocol[Any, Any]) -> bool:
    # What the catalog does not have, a runner keeps in memory.
    return bool(getattr(catalog.get(name), "_EPHEMERAL", True))
