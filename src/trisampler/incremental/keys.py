"""Input keys: key(artifact) = digest of the code, parameters and input keys that make it.

A node's key covers the digest of its stage's code, the values of its `params:` inputs, the keys of
its other inputs in order, what its function was made for, the code of functions that its parameters
name, and the digest of what it declares to read outside the catalog. Settings that say they have no
effect on results are left out, whole or by field, and so are parts of parameters that the node says
it does not look at.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from trisampler.incremental.closures import closed_over
from trisampler.incremental.code import code_digest
from trisampler.incremental.outside import outside_digest
from trisampler.incremental.own_functions import own_functions_digest
from trisampler.incremental.parts import part_looked_at
from trisampler.incremental.records import content_digest, is_untouched, read_record

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol, SharedMemoryCatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    Catalog = CatalogProtocol[Any, Any] | SharedMemoryCatalogProtocol


@dataclass(frozen=True)
class NodeKey:
    """A node's key and what it was computed from.

    Attributes:
        parts: Digest by name: `code`, `made for`, `params:<name>`, `input:<dataset>`,
            `own functions`, `outside`.
    """

    parts: dict[str, str]

    def of_output(self, position: int) -> str:
        """The key of the node's output at `position`."""
        return _digest({"parts": list(self.parts.items()), "output": position})


def node_keys(pipeline: Pipeline, catalog: Catalog) -> dict[str, NodeKey]:
    """The key of every node by its name, in the pipeline's order.

    An input that no node of the pipeline makes counts as given: with the key in the record beside
    it, whatever it would be made from now, or, where it was put there or changed by hand, with the
    digest of its content.
    """
    artifact_keys: dict[str, str] = {}
    keys: dict[str, NodeKey] = {}
    for node in pipeline.nodes:
        key = NodeKey(_node_parts(node, catalog, artifact_keys))
        keys[node.name] = key
        for position, output in enumerate(node.outputs):
            artifact_keys[output] = key.of_output(position)
    return keys


def parameter_digest(node: Node, catalog: Catalog, name: str) -> str | None:
    """Digest of what the node looks at of its parameter `name`; None where nothing has effect."""
    value = catalog.load(name)
    if name == "parameters":
        # Nodes that take all of them show them, those without effect too.
        return _digest(_plain(value))
    if getattr(value, "no_effect_on_results", False):
        return None
    arguments = {name: argument for argument, name in _parameter_names(node).items()}
    return _digest(_with_effect(part_looked_at(node.func, arguments.get(name, ""), value)))


def artifact_path(catalog: Catalog, name: str) -> Path | None:
    """Where a dataset is stored; None for one that is only in memory."""
    path = getattr(catalog.get(name), "_filepath", None)
    return None if path is None else Path(path)


def _node_parts(node: Node, catalog: Catalog, artifact_keys: Mapping[str, str]) -> dict[str, str]:
    parts = {"code": code_digest(node.func)}
    made_for = closed_over(node.func)
    if made_for:
        parts["made for"] = _digest(made_for)
    names = _parameter_names(node)
    # Positions keep apart two inputs that swap places; names differ from round to round.
    for position, name in enumerate(node.inputs):
        if _is_parameter(name):
            digest = parameter_digest(node, catalog, name)
            if digest is not None:
                parts[name] = digest
        elif not getattr(catalog.get(name), "grows_in_place", False):
            key = artifact_keys.get(name) or _key_on_disk(catalog, name)
            parts[f"input:{name}"] = f"{position}:{key}"
    values = {argument: catalog.load(name) for argument, name in names.items()}
    beyond = {
        "own functions": own_functions_digest(node.func, values),
        "outside": outside_digest(node.func, values),
    }
    return parts | {name: digest for name, digest in beyond.items() if digest is not None}


def _key_on_disk(catalog: Catalog, name: str) -> str:
    path = artifact_path(catalog, name)
    if path is None or not path.exists():
        return "missing"
    record = read_record(path)
    if record is not None and is_untouched(path, record):
        return record.key
    return f"content:{content_digest(path)}"


def _parameter_names(node: Node) -> dict[str, str]:
    """The parameters that are fed to the node's function, by its arguments."""
    names = node._inputs
    if isinstance(names, str):
        names = [names]
    if isinstance(names, list):
        bound = inspect.signature(node.func).bind(*names).arguments
    else:
        bound = dict(names or {})
    return {
        argument: name
        for argument, name in bound.items()
        if isinstance(name, str) and _is_parameter(name)
    }


def _is_parameter(name: str) -> bool:
    return name == "parameters" or name.startswith("params:")


def _with_effect(value: Any) -> Any:
    """What of a parameter can change results: a settings model names the fields that cannot."""
    plain = _plain(value)
    for field in getattr(value, "fields_without_effect", ()):
        del plain[field]
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
