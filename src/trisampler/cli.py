"""`kedro run` with `--force` and `--dry-run`; errors a user can mend come without a traceback."""

from __future__ import annotations

from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from trisampler.errors import TrisamplerError

_RUNNER = "trisampler.incremental.IncrementalRunner"


@click.group(context_settings=CONTEXT_SETTINGS, name="trisampler")
def cli() -> None:
    """Commands of the project."""


def _run(*, force: bool, dry_run: bool, **options: Any) -> Any:
    if force or dry_run:
        if options["runner"]:
            raise click.UsageError(
                f"--force and --dry-run are for the project's runner, {_RUNNER}."
            )
        options["runner_params"] = {
            **(options["runner_params"] or {}),
            "force": force,
            "dry_run": dry_run,
        }
    options["runner"] = options["runner"] or _RUNNER
    assert kedro_run.callback is not None
    try:
        return kedro_run.callback(**options)
    except TrisamplerError as error:
        raise click.ClickException(str(error)) from None


cli.add_command(
    click.Command(
        "run",
        callback=_run,
        params=[
            *kedro_run.params,
            click.Option(["--force"], is_flag=True, help="Run every node, up to date or not."),
            click.Option(
                ["--dry-run"], is_flag=True, help="Say what would run and why; run nothing."
            ),
        ],
        help="Run the pipeline: the nodes whose outputs are missing or made from something else.",
    )
)
