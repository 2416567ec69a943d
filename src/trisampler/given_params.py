"""Parameters as a user types them: `a.b=1,c=[x,y],d={e: 1, f: 2}`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from trisampler.evaluation.flatten import leaves

_OPEN, _CLOSE, _QUOTES = "[{", "]}", "\"'"


def read_params(
    context: click.Context, option: click.Parameter, value: str | dict[str, Any]
) -> dict[str, Any]:
    """`a.b=1,c=[x,y],d='x,y',prompt=query: ` as a tree; one from `kedro run --config` as it is.

    Kedro's own reading cuts lists and mappings at their commas, and takes a text with a colon for a
    mapping. A workspace stays as it was typed, where YAML has the number 83 for 0123.

    Raises:
        click.BadParameter: An item is no key=value, or its value no YAML.
    """
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    if isinstance(value, dict):
        return value
    try:
        return _tree([_as_yaml(item) for item in _items(value)])
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise click.BadParameter(str(error), context, option) from None


def as_typed(tree: Mapping[str, Any]) -> str:
    """A text that `read_params` reads as `tree`."""
    return ",".join(f"{name}={_value_as_typed(name, value)}" for name, value in leaves(tree))


def params_option(
    name: str, told: str, *, metavar: str | None = "KEY=VALUE,..."
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option that takes parameters and passes them on as a tree; help says `told` of it."""
    return click.option(
        name, type=click.UNPROCESSED, default="", callback=read_params, metavar=metavar, help=told
    )


def _value_as_typed(name: str, value: Any) -> str:
    """As it is where that is a workspace or plain words, else as JSON, which is YAML."""
    if name == "workspace" or (isinstance(value, str) and _is_plain(value)):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _is_plain(text: str) -> bool:
    """Whether it is read as it is: 1e5 is a number, and `:` cannot be read at all."""
    words = re.fullmatch(r"[\w./~:+-]*[\w/]", text)
    return words is not None and _tree([f"a={text}"]) == {"a": text}


def _tree(items: Sequence[str]) -> dict[str, Any]:
    """Of `a.b=YAML` each; OmegaConf's YAML has numbers that YAML's own has not."""
    from omegaconf import OmegaConf

    tree = OmegaConf.to_container(OmegaConf.from_dotlist(list(items)))
    assert isinstance(tree, dict)
    return {str(key): branch for key, branch in tree.items()}


def _as_yaml(item: str) -> str:
    """An item whose value YAML reads as it is meant.

    Raises:
        ValueError: it is no key=value.
    """
    key, equals, text = item.partition("=")
    key = key.strip()
    if not (key and equals):
        raise ValueError(f"{item.strip()!r} is no key=value (a value with a comma: key='x,y')")
    if text.strip()[:1] not in ("[", "{", *_QUOTES):
        if key == "workspace":
            text = json.dumps(text.strip(), ensure_ascii=False)
        elif ": " in f"{text} ":
            text = json.dumps(text, ensure_ascii=False)
    return f"{key}={text}"


def _items(value: str) -> Iterator[str]:
    """What stands between commas that are in neither quotes nor brackets.

    Raises:
        ValueError: a bracket or a quotation mark is not closed.
    """
    depth, quote, before, start, escaped = 0, "", "", 0, False
    for place, character in enumerate(f"{value},"):
        if escaped:
            escaped = False
        elif quote:
            escaped = character == "\\" and quote == '"'
            quote = "" if character == quote else quote
        elif character in _QUOTES and before in (f"{_OPEN},:" if depth else "="):
            quote = character
        elif character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth = max(0, depth - 1)
        elif character == "," and not depth:
            if value[start:place].strip():
                yield value[start:place]
            start = place + 1
        before = before if character == " " else character
    if quote or depth:
        what = f"a quotation mark {quote}" if quote else "a bracket"
        raise ValueError(f"{value[start:].strip()!r}: {what} is not closed")
