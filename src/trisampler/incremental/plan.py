"""Which nodes must run, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trisampler.errors import TrisamplerError
from trisampler.incremental.keys import NodeKey, artifact_path, node_keys
from trisampler.incremental.records import is_untouched, read_record

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from trisampler.incremental.keys import Catalog


class MissingInputError(TrisamplerError):
    """A part of the pipeline was asked for before what it begins with was made."""


class ChangedInputError(TrisamplerError):
    """Another run makes, from other parameters, what this one reads."""


@dataclass(frozen=True)
class Decision:
    """What is to be done about one node.

    Attributes:
        node: The node's name.
        key: The node's key now.
        reason: Why it must run; None where its outputs are up to date.
    """

    node: str
    key: NodeKey
    reason: str | None


def make_plan(pipeline: Pipeline, catalog: Catalog, *, force: bool = False) -> list[Decision]:
    """Decide for every node, in the pipeline's order.

    Args:
        pipeline: The pipeline, already filtered by what the user asked for.
        catalog: Its catalog; parameters are read, artifacts only looked at.
        force: Run every node whatever its outputs.
    """
    keys = node_keys(pipeline, catalog)
    remade: set[str] = set()
    decisions = []
    for node in pipeline.nodes:
        reason = "forced" if force else why_due(node, keys[node.name], catalog, remade)
        if reason:
            remade.update(node.outputs)
        decisions.append(Decision(node.name, keys[node.name], reason))
    return decisions


def check_inputs(pipeline: Pipeline, due: list[str], catalog: Catalog) -> None:
    """Check that what the nodes that are due read is there or made by the pipeline itself.

    Raises:
        MissingInputError: naming all that is not, and where it belongs.
    """
    needed = {name for node in pipeline.nodes if node.name in due for name in node.inputs}
    missing = []
    for name in sorted(needed & pipeline.inputs()):
        path = artifact_path(catalog, name)
        if path is not None and not catalog.exists(name):
            missing.append(f"{name} ({path})")
    if missing:
        raise MissingInputError(
            f"This run begins with what is not there: {', '.join(missing)}. A whole `kedro run` "
            "makes everything."
        )


def check_unchanged(node: Node, artifact_keys: Mapping[str, str], catalog: Catalog) -> None:
    """Check that what the node reads is what it was planned to read.

    Args:
        node: About to run, or done and not recorded yet.
        artifact_keys: The keys now of what is made in the pipeline, by name.
        catalog: Where records are.

    Raises:
        ChangedInputError: another run has made an input anew, from something else.
    """
    for name in node.inputs:
        path = artifact_path(catalog, name) if name in artifact_keys else None
        record = read_record(path) if path is not None else None
        if path is not None and (record is None or record.key != artifact_keys[name]):
            raise ChangedInputError(
                f"{node.name}: another run has changed {name} ({path}) meanwhile. Runs with other "
                "parameters at the same time need another workspace (--params workspace=NAME). "
                "Run again when the other one has ended."
            )


def why_due(node: Node, key: NodeKey, catalog: Catalog, remade: set[str]) -> str | None:
    """Why a node must run, or None.

    Args:
        node: One of the pipeline's.
        key: Its key now.
        catalog: Where its outputs are.
        remade: What is made anew, by name.
    """
    for position, output in enumerate(node.outputs):
        reason = _output_reason(output, key, position, catalog)
        if reason:
            return reason
    in_memory = sorted(
        name for name in remade.intersection(node.inputs) if artifact_path(catalog, name) is None
    )
    return f"{in_memory[0]} is made anew" if in_memory else None


def _output_reason(output: str, key: NodeKey, position: int, catalog: Catalog) -> str | None:
    path = artifact_path(catalog, output)
    if path is None:
        return f"{output} is not stored"
    if not path.exists():
        return f"{output} is missing"
    record = read_record(path)
    if record is None:
        return f"{output} has no record: unfinished, or not made here"
    if record.key != key.of_output(position):
        return _difference(record.parts, key.parts)
    if not is_untouched(path, record):
        return f"{output} was damaged or changed on disk"
    if not catalog.exists(output):
        return f"{output} is not whole, or not where it is to be"
    return None


def _difference(before: dict[str, str], now: dict[str, str]) -> str:
    changed = [name for name in now if before.get(name) != now[name]]
    changed += [name for name in before if name not in now]
    words = {
        "code": "the stage's code",
        "made for": "what it is made for",
        "own functions": "the code of a function that its parameters name",
        "outside": "what it reads from outside",
    }
    names = [
        words.get(name, name.removeprefix("params:").removeprefix("input:")) for name in changed
    ]
    return f"changed: {', '.join(names)}" if names else "its outputs are declared in another order"
