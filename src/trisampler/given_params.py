"""Parameters as a user types them: `a.b=1,c=[x,y]`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import click

# Up to a comma that is in neither quotes nor brackets.
_ITEM = re.compile(r"""(?:="[^"]*"|='[^']*'|\[[^\[\]]*\]|[^,])+""")


def read_params(context: click.Context, option: click.Parameter, value: str) -> dict[str, Any]:
    """`a.b=1,c=[x,y],d='x,y',prompt=query: ` as a tree.

    Kedro's own reading cuts lists at their commas, and takes a text with a colon for a mapping.

    Raises:
        click.BadParameter: An item is no key=value, or its value no YAML.
    """
    from omegaconf import OmegaConf
    from yaml import YAMLError

    items = []
    for item in _ITEM.findall(value):
        key, equals, text = item.partition("=")
        if item.strip() and not (key.strip() and equals):
            raise click.BadParameter(
                f"{item.strip()!r} is no key=value (a value with a comma: key='x,y')",
                context,
                option,
            )
        if ": " in f"{text} " and text.lstrip()[0] not in "{[\"'":
            text = json.dumps(text)
        items += [f"{key.strip()}={text}"] if equals else []
    try:
        tree = OmegaConf.to_container(OmegaConf.from_dotlist(items))
    except YAMLError as error:
        raise click.BadParameter(str(error), context, option) from None
    assert isinstance(tree, dict)
    return {str(key): branch for key, branch in tree.items()}


def params_option(
    name: str, told: str, *, metavar: str | None = "KEY=VALUE,..."
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option that takes parameters and passes them on as a tree; help says `told` of it."""
    return click.option(
        name, type=click.UNPROCESSED, default="", callback=read_params, metavar=metavar, help=told
    )
