"""`trisampler promote`: a version is champion, whatever the gate said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trisampler.commands.registry_options import registry_options

if TYPE_CHECKING:
    from trisampler.registry import Registry


@click.command("promote")
@click.argument("version", type=int)
@registry_options
def command(registry: Registry, version: int) -> None:
    """Make VERSION champion by hand, whatever the gate said of it."""
    registry.promote(version)
    click.echo(f"Version {version} of {registry} is champion.")
