"""The parts of the pages that are made from the code: the parameters and the samplers.

`python docs/generated.py` writes them into the pages, each between its two markers; the site takes
them from the code once more when it is built.
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

DOCS = Path(__file__).parent
_ROOT = DOCS.parent
_PART = re.compile(
    r"(?P<begin><!-- generated: (?P<name>\w+) -->\n).*?(?P<end><!-- end: (?P=name) -->)", re.DOTALL
)
_PAGE = re.compile(r"docs/([\w-]+)\.md")
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false"}
_ARGUMENTS = re.compile(r"^Args:\n((?: {4}.*\n?)+)", re.MULTILINE)
_ARGUMENT = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def with_generated(markdown: str) -> str:
    """A page with what the code generates at this moment between its markers."""
    return _PART.sub(
        lambda part: f"{part['begin']}\n{_TEXTS[part['name']]()}\n\n{part['end']}", markdown
    )


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
        lines.append(_row(f"`{name}`", parameters, f"`{sampler.formula}`", sampler.source))
    lines += ["", "What their parameters mean:", "", *_sampler_parameters()]
    return "\n".join(lines)


def _sampler_parameters() -> Iterator[str]:
    """A table of the samplers' parameters, as their docstrings explain them."""
    from trisampler.negatives import SAMPLERS

    rows: dict[tuple[str, str], list[str]] = {}
    explained: dict[tuple[str, str], str] = {}  # by module and name, for "as in ..."
    for sampler, build in SAMPLERS.items():
        for name, text in _arguments(build).items():
            meaning = explained.setdefault((build.__module__, name), text)
            meaning = meaning if text.startswith("as in ") else text
            rows.setdefault((name, meaning), []).append(f"`{sampler}`")
    yield from ("| parameter | of | meaning |", "|---|---|---|")
    for (name, meaning), samplers in rows.items():
        meaning = meaning[:1].upper() + meaning[1:].rstrip(".")
        yield _row(f"`{name}`", ", ".join(samplers), meaning)


def _arguments(function: Callable[..., Any]) -> dict[str, str]:
    section = _ARGUMENTS.search(inspect.getdoc(function) or "")
    found = _ARGUMENT.findall(section[1]) if section else []
    return {name: " ".join(text.split()) for name, text in found}


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
        lines.append(_row(f"`{name}`", _kind(field), f"`{_yaml(value)}`", _meaning(field, value)))
    return lines


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _meaning(field: FieldInfo, default: Any) -> str:
    text = _PAGE.sub(r"[\1](\1.md)", (field.description or "").rstrip("."))
    first = text.partition(" ")[0]
    names_a_value = first.endswith(":") or first.rstrip(",") == default
    return text if names_a_value else text[:1].upper() + text[1:]


def _kind(field: FieldInfo) -> str:
    return ", ".join([_type_text(field.annotation), *_bounds(field.metadata)])


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


_TEXTS: dict[str, Callable[[], str]] = {"parameters": parameters_text, "samplers": samplers_text}


if __name__ == "__main__":
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (fresh := with_generated(text)) != text:
            page.write_text(fresh, encoding="utf-8")
