"""`trisampler versions`: what was registered, and which version is the champion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from trisampler.commands.registry_options import registry_options

if TYPE_CHECKING:
    from trisampler.registry import Registry, Version


@click.command("versions")
@registry_options
def command(registry: Registry) -> None:
    """List the registered bundles, the newest first, with what the gate said of each."""
    versions = registry.versions()
    if not versions:
        click.echo(f"{registry} has no versions yet: `kedro run` registers one.")
    for version in reversed(versions):
        click.echo(_line(version))


def _line(version: Version) -> str:
    made = datetime.fromtimestamp(version.created / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    standing = ", ".join(version.aliases) or ("rolled back" if version.rolled_back else "")
    documents = int(version.tags.get("documents", 0))
    reason = version.tags.get("reason", "")
    return f"{version.number:>4}  {made}  {standing:<11}  {documents:>9,} documents  {reason}"
