"""A sequential runner that runs only the nodes whose outputs are not up to date."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING, Any

from kedro.runner import SequentialRunner
from kedro.runner.task import Task

from trisampler.datasets.handles import CheckpointFolder
from trisampler.failures import in_node
from trisampler.incremental.keys import NodeKey, artifact_path
from trisampler.incremental.locking import locked
from trisampler.incremental.outside import is_outside_read
from trisampler.incremental.own_runner import RUNNER
from trisampler.incremental.plan import (
    Decision,
    check_inputs,
    check_unchanged,
    make_plan,
    why_due,
)
from trisampler.incremental.records import remove_record, write_record
from trisampler.own_modules import kept_as_imported

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node
    from pluggy import PluginManager

    from trisampler.incremental.keys import Catalog

_logger = logging.getLogger(__name__)


class IncrementalRunner(SequentialRunner):
    """Runs what input keys say is missing, partial or made from something else.

    The record of an artifact is removed before its node starts and written after it is saved, so a
    run that dies at any point leaves nothing that counts as done but is not. Runs at the same time
    wait for each other at each node, and find it done.

    Args:
        is_async: Load and save in threads; Kedro's option.
        force: Run every node, up to date or not.
        dry_run: Say what would run and why; run nothing.
    """

    def __init__(
        self, is_async: bool = False, *, force: bool = False, dry_run: bool = False
    ) -> None:
        super().__init__(is_async=is_async)
        self._force = force
        self._dry_run = dry_run
        self._keys: dict[str, NodeKey] = {}
        self._artifact_keys: dict[str, str] = {}

    def __str__(self) -> str:
        """All that Kedro tells hooks of a runner."""
        return RUNNER

    def run(
        self,
        pipeline: Pipeline,
        catalog: Catalog,
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
        only_missing_outputs: bool = False,
    ) -> dict[str, Any]:
        """Run the nodes of `pipeline` that must run; the arguments are those of Kedro's runners.

        Returns:
            The pipeline's outputs by name, whether made now or before; nothing after a dry run.

        Raises:
            MissingInputError: a node that must run needs what is neither there nor made.
        """
        plan = make_plan(pipeline, catalog, force=self._force)
        _report(plan, dry_run=self._dry_run)
        due = [decision.node for decision in plan if decision.reason]
        check_inputs(pipeline, due, catalog)
        if self._dry_run:
            return {}
        if due:
            self._keys = {decision.node: decision.key for decision in plan}
            self._artifact_keys = {
                output: self._keys[node.name].of_output(position)
                for node in pipeline.nodes
                for position, output in enumerate(node.outputs)
            }
            filtered = pipeline.filter(node_names=due)
            with kept_as_imported():
                super().run(filtered, catalog, hook_manager, run_id, only_missing_outputs)
        return {name: catalog[name] for name in pipeline.outputs()}

    def _run(
        self,
        pipeline: Pipeline,
        catalog: Catalog,
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        load_counts = Counter(chain.from_iterable(node.inputs for node in pipeline.nodes))
        remade: set[str] = set()
        for number, node in enumerate(_most_awaited_first(pipeline), start=1):
            started = perf_counter()
            with self._alone(node, catalog):
                reason = why_due(node, self._keys[node.name], catalog, remade)
                due = self._force or reason is not None
                if reason is None:
                    _discard_what_is_left(node, catalog)
                if due:
                    self._run_node(node, catalog, hook_manager, run_id)
                    remade.update(node.outputs)
            _logger.info(
                "%d of %d done: %s (%s)",
                number,
                len(pipeline.nodes),
                node.name,
                f"{perf_counter() - started:.1f} s" if due else "by another run meanwhile",
            )
            self._release_datasets(node, catalog, load_counts, pipeline)

    def _run_node(
        self, node: Node, catalog: Catalog, hook_manager: PluginManager | None, run_id: str | None
    ) -> None:
        task = Task(
            node=node,
            catalog=catalog,
            hook_manager=hook_manager,
            is_async=self._is_async,
            run_id=run_id,
        )
        check_unchanged(node, self._artifact_keys, catalog)
        for checkpoints in _checkpoints(node, catalog):
            checkpoints.keep_those_of(self._keys[node.name].of_output(0))
        self._forget(node, catalog)
        try:
            task.execute()
        except Exception as error:
            in_node(error, node.name)
            raise
        check_unchanged(node, self._artifact_keys, catalog)
        self._remember(node, catalog)
        _discard_what_is_left(node, catalog)

    def _alone(self, node: Node, catalog: Catalog) -> AbstractContextManager[None]:
        """No other run works on this node; nodes that store nothing disturb nobody."""
        paths = [path for output in node.outputs if (path := artifact_path(catalog, output))]
        return locked(paths[0], node.name) if paths else nullcontext()

    def _forget(self, node: Node, catalog: Catalog) -> None:
        for output in node.outputs:
            path = artifact_path(catalog, output)
            if path is not None:
                remove_record(path)

    def _remember(self, node: Node, catalog: Catalog) -> None:
        key = self._keys[node.name]
        for position, output in enumerate(node.outputs):
            path = artifact_path(catalog, output)
            if path is not None:
                write_record(path, key.of_output(position), node.name, key.parts)


def _discard_what_is_left(node: Node, catalog: Catalog) -> None:
    """Discard what only served to make the node's outputs, which are saved and recorded.

    Any earlier, a kill or a full disk while they are saved would lose both.
    """
    for checkpoints in _checkpoints(node, catalog):
        checkpoints.discard()


def _checkpoints(node: Node, catalog: Catalog) -> list[CheckpointFolder]:
    datasets = [catalog.get(name) for name in node.inputs]
    return [dataset for dataset in datasets if isinstance(dataset, CheckpointFolder)]


def _most_awaited_first(pipeline: Pipeline) -> list[Node]:
    """An order in which, of the nodes that are ready, the one that most others wait for is next.

    Those that read outside the catalog come before all others. So what the user gave is read, and
    what is wrong with it found, before any other work begins.
    """
    waits_for = pipeline.node_dependencies
    waiting = {node.name: len(pipeline.from_nodes(node.name).nodes) for node in pipeline.nodes}
    order: list[Node] = []
    left = list(pipeline.nodes)
    while left:
        ready = [node for node in left if waits_for[node].isdisjoint(left)]
        chosen = max(ready, key=lambda node: (is_outside_read(node.func), waiting[node.name]))
        order.append(chosen)
        left.remove(chosen)
    return order


def _report(plan: list[Decision], *, dry_run: bool) -> None:
    due = [decision for decision in plan if decision.reason]
    if not due:
        _logger.info("Everything is up to date: nothing to run. (--force runs all.)")
        return
    verb = "would run" if dry_run else "runs"
    for decision in due:
        _logger.info("%s %s: %s", decision.node, verb, decision.reason)
    if len(due) < len(plan):
        _logger.info("%d of %d nodes are up to date and skipped.", len(plan) - len(due), len(plan))
