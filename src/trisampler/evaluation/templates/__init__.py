"""Jinja2 templates of this package."""

from __future__ import annotations

from typing import Any


def render(name: str, **values: Any) -> str:
    """Fill the template `name`; HTML is escaped, a missing value is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("trisampler.evaluation", "templates"),
        autoescape=lambda template: template is not None and ".html" in template,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(**values)
