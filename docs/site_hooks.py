"""What the site takes from the code when it is built: the parameters and the samplers.

A page says where with `<!-- generated: parameters -->` or `<!-- generated: samplers -->`.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_ROOT = Path(__file__).parents[1]
_MARKER = re.compile(r"<!-- generated: (\w+) -->")
_PAGE = re.compile(r"docs/([\w-]+)\.md")
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false"}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put what is generated in the place of its marker (called by MkDocs for each page)."""
    return _MARKER.sub(lambda marker: _PARTS[marker[1]](), markdown)


def parameters_text() -> str:
    """A table for each group of parameters: name, what may stand, default of conf/base, meaning."""
    from trisampler.parameters import Parameters

    tree = yaml.safe_load((_ROOT / "conf/base/parameters.yml").read_text(encoding="utf-8"))
    shared = yaml.safe_load((_ROOT / "conf/base/globals.yml").read_text(encoding="utf-8"))
    tree |= {name: shared[name] for name in shared if name in tree}
    groups = {name: f for name, f in Parameters.model_fields.items() if _model(f)}
    single = {name: f for name, f in Parameters.model_fields.items() if name not in groups}
    lines = ["## All of a run", "", *_table((name, f, tree[name]) for name, f in single.items())]
    for name, field in groups.items():
        model = _model(field)
        assert model is not None
        summary = inspect.getdoc(model) or ""
        lines += ["", f"## {name}", "", summary.partition("\n\n")[0].replace("\n", " "), ""]
        lines += _table(_leaves(model, tree[name]))
    return "\n".join(lines)


def samplers_text() -> str:
    """A table of the samplers: name, parameters, formula and source."""
    from trisampler.negatives import SAMPLERS

    lines = ["| sampler | its parameters | rule | source |", "|---|---|---|---|"]
    for name, build in SAMPLERS.items():
        sampler = build()
        given = inspect.signature(build).parameters.values()
        parameters = ", ".join(f"`{one.name}={one.default:.4g}`" for one in given)
        cells = (f"`{name}`", parameters, f"`{sampler.formula}`", sampler.source)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _leaves(
    model: type[BaseModel], values: dict[str, Any], prefix: str = ""
) -> Iterator[tuple[str, FieldInfo, Any]]:
    order = {name: place for place, name in enumerate(values)}
    fields = sorted(model.model_fields.items(), key=lambda item: order.get(item[0], len(order)))
    for name, field in fields:
        value = values[name] if name in values else field.get_default(call_default_factory=True)
        inner = _model(field)
        if inner is None:
            yield prefix + name, field, value
        else:
            given = value.model_dump() if isinstance(value, BaseModel) else value
            yield from _leaves(inner, given, f"{prefix}{name}.")


def _model(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _table(leaves: Iterator[tuple[str, FieldInfo, Any]]) -> list[str]:
    lines = ["| parameter | may be | default | meaning |", "|---|---|---|---|"]
    for name, field, value in leaves:
        cells = (f"`{name}`", _kind(field), f"`{_yaml(value)}`", _meaning(field))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines


def _meaning(field: FieldInfo) -> str:
    text = _PAGE.sub(r"[\1](\1.md)", (field.description or "").rstrip("."))
    names_a_value = text.partition(" ")[0].endswith(":")
    return text if names_a_value else text[:1].upper() + text[1:]


def _kind(field: FieldInfo) -> str:
    return " ".join([_type_text(field.annotation), *_bounds(field.metadata)])


def _type_text(kind: Any) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is type(None):
        return "`null`"
    if origin is Annotated:
        return " ".join([_type_text(arguments[0]), *_bounds(arguments[1:])])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_type_text(argument) for argument in arguments)
    if origin is tuple:
        return f"list of {_type_text(arguments[0])}"
    if origin is dict:
        return f"{{{_type_text(arguments[0])}: {_type_text(arguments[1])}}}"
    return str(getattr(kind, "__name__", kind))


def _bounds(metadata: Any) -> list[str]:
    found = []
    for item in metadata:
        inner = getattr(item, "metadata", None) if isinstance(item, FieldInfo) else [item]
        for bound in inner or ():
            found += [
                f"{words} {getattr(bound, name):g}"
                for name, words in _BOUNDS.items()
                if getattr(bound, name, None) is not None
            ]
    return found


def _yaml(value: Any) -> str:
    if isinstance(value, tuple):
        value = list(value)
    if value == "":
        return '""'
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


_PARTS: dict[str, Callable[[], str]] = {"parameters": parameters_text, "samplers": samplers_text}
