"""The optional dependencies of pyproject.toml, as messages name them."""

from __future__ import annotations


def install_extra(extra: str) -> str:
    """What to type, and where, so that the packages of an extra are there."""
    return f"pip install -e '.[{extra}]' in trisampler's checkout"
