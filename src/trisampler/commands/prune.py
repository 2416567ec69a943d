"""`trisampler prune`: what retraining left behind goes, but for the newest and the champions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from trisampler.commands.options import env_option, workspace_option

if TYPE_CHECKING:
    from trisampler.retention import Leftover


@click.command("prune")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="So many newest versions, and runs' models, stay, and so many champions to roll back to.  "
    "[default: retention.keep]",
)
@click.option("--dry-run", is_flag=True, help="Say what would go; remove nothing.")
@workspace_option("Whose leftovers")
@env_option
def command(keep: int | None, dry_run: bool, workspace: str | None, env: str | None) -> None:
    """Remove what retraining left behind: old versions, models of old runs, vectors without use.

    Never what has an alias, nor champions that a roll-back would go to. Ends with exit code 1 where
    something could not be removed.
    """
    from trisampler.project_registry import find_project
    from trisampler.project_retention import Retention, failures_text, pruned_text
    from trisampler.retention import prune

    retention = Retention.of_project(find_project(), workspace, env)
    keep = keep or retention.parameters.retention.keep
    if keep is None:
        raise click.UsageError("Say how many are to stay: --keep N, or retention.keep.")
    leftovers = retention.leftovers(keep)
    if not leftovers:
        click.echo(f"Nothing to prune in the workspace {retention.workspace.name!r}.")
        return
    for line in _table(leftovers):
        click.echo(line)
    if dry_run:
        click.echo("\nNothing was removed: --dry-run.")
        return
    pruned = prune(leftovers)
    click.echo(f"\nRemoved: {pruned_text(pruned)}.")
    if pruned.failed:
        raise click.ClickException("\n".join(failures_text(pruned)))


def _table(leftovers: Sequence[Leftover]) -> list[str]:
    from trisampler.project_retention import size_text

    rows = [(size_text(each.size), each.what, each.why) for each in leftovers]
    rows.append((size_text(sum(each.size for each in leftovers)), "together", ""))
    width = max(len(what) for _, what, _ in rows)
    return [f"{size:>9}  {what:<{width}}  {why}".rstrip() for size, what, why in rows]
