"""`trisampler rollback`: the champion before this one is champion again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trisampler.commands.registry_options import registry_options

if TYPE_CHECKING:
    from trisampler.registry import Registry


@click.command("rollback")
@click.option(
    "--to", type=int, metavar="VERSION", help="The version that is champion then, whichever it is."
)
@registry_options
def command(registry: Registry, to: int | None) -> None:
    """Take the champion back: the one before it is champion again, at once.

    Its encoder is not promoted again by itself; `trisampler promote` does that.
    """
    former, champion = registry.roll_back(to)
    click.echo(f"Version {champion.number} of {registry} is champion; version {former.number} was.")
