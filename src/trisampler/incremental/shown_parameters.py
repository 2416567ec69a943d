"""Whether what a run tells of was made by the parameters that it shows beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from trisampler.incremental.keys import artifact_path, parameter_digest
from trisampler.incremental.plan import ChangedInputError
from trisampler.incremental.records import Record, read_record

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from trisampler.incremental.keys import Catalog

_NAMED = 3


def check_shown_parameters(pipeline: Pipeline, nodes: Mapping[str, Node], catalog: Catalog) -> None:
    """Check that what the pipeline begins with was made by the parameters that it shows.

    A node that takes all parameters shows them as those by which its inputs were made.

    Args:
        pipeline: About to run.
        nodes: Those that can have made what it begins with, by name.
        catalog: Parameters, and where records are.

    Raises:
        ChangedInputError: naming the parameters that were others, and what was made by them.
    """
    showing = [node.name for node in pipeline.nodes if "parameters" in node.inputs]
    if not showing:
        return
    others: dict[str, list[str]] = {}
    for name, record in _origins(pipeline.to_nodes(*showing).inputs(), catalog):
        node = nodes.get(record.node)
        for parameter in [] if node is None else _changed(node, record, catalog):
            others.setdefault(parameter.removeprefix("params:"), []).append(name)
    if others:
        told = "; ".join(f"{parameter} ({_some(names)})" for parameter, names in others.items())
        raise ChangedInputError(
            f"{_some(showing)}: this run would show its parameters beside what was made by others: "
            f"{told}. Give it the --env and --params by which that was made, as its MLflow run "
            "shows them, or make it anew by a whole `kedro run` with these."
        )


def _origins(names: Iterable[str], catalog: Catalog) -> Iterator[tuple[str, Record]]:
    """The artifacts of these names and all that they were made from, as far as it is still there.

    What was made anew since is no longer what they were made from.
    """
    seen: set[str] = set()
    waiting: list[tuple[str, str | None]] = [(name, None) for name in sorted(names, reverse=True)]
    while waiting:
        name, key = waiting.pop()
        path = artifact_path(catalog, name)
        record = read_record(path) if path is not None and name not in seen else None
        if record is None or key not in (None, record.key):
            continue
        seen.add(name)
        yield name, record
        waiting += [
            (part.removeprefix("input:"), digest.partition(":")[2])
            for part, digest in record.parts.items()
            if part.startswith("input:")
        ]


def _changed(node: Node, record: Record, catalog: Catalog) -> list[str]:
    """The node's parameters that are others than those in the record."""
    return [
        name
        for name in node.inputs
        if name in record.parts and parameter_digest(node, catalog, name) != record.parts[name]
    ]


def _some(names: list[str]) -> str:
    shown = sorted(names)[:_NAMED]
    return ", ".join(shown + ["..."] * (len(names) > _NAMED))
