"""`kedro run` with `--force` and `--dry-run`, and with lists in `--params`.

Errors come as one message; `--verbose` shows the traceback.
"""

from __future__ import annotations

from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from trisampler.failures import told_in_one_message
from trisampler.given_params import read_params
from trisampler.incremental.own_runner import RUNNER
from trisampler.interruption import Interrupted, interruptible
from trisampler.orchestration.commands import airflow, tracking


@click.group(context_settings=CONTEXT_SETTINGS, name="trisampler")
def cli() -> None:
    """Commands of the project."""


def _run(*, force: bool, dry_run: bool, verbose: bool, **options: Any) -> Any:
    if force or dry_run:
        if options["runner"]:
            raise click.UsageError(f"--force and --dry-run are for the project's runner, {RUNNER}.")
        options["runner_params"] = {
            **(options["runner_params"] or {}),
            "force": force,
            "dry_run": dry_run,
        }
    options["runner"] = options["runner"] or RUNNER
    assert kedro_run.callback is not None
    try:
        with told_in_one_message(verbose=verbose), interruptible():
            return kedro_run.callback(**options)
    except Interrupted as interrupted:
        click.echo(
            f"Interrupted by {interrupted.signal.name}. What was finished is kept; the same "
            "command goes on from there.",
            err=True,
        )
        raise click.exceptions.Exit(interrupted.exit_code) from None


cli.add_command(
    click.Command(
        "run",
        callback=_run,
        params=[
            *(option for option in kedro_run.params if option.name != "params"),
            click.Option(
                ["--params"],
                type=click.UNPROCESSED,
                default="",
                callback=read_params,
                help="Parameters of this run, quoted where one has brackets: "
                "'source.path=DIR,sampling.pools=[encoder,corpus]'",
            ),
            click.Option(["--force"], is_flag=True, help="Run every node, up to date or not."),
            click.Option(
                ["--dry-run"], is_flag=True, help="Say what would run and why; run nothing."
            ),
            click.Option(["--verbose", "-v"], is_flag=True, help="Show the traceback of an error."),
        ],
        help="Run the pipeline: the nodes whose outputs are missing or made from something else.",
    )
)
cli.add_command(airflow)
cli.add_command(tracking)
