"""Commands for orchestrators: `kedro airflow create`, `kedro tracking open` and `close`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.utils import ENV_HELP

from trisampler.failures import told_in_one_message
from trisampler.given_params import params_option, read_params
from trisampler.orchestration.dag_file import DAG_TEMPLATE

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.framework.startup import ProjectMetadata
    from kedro.pipeline import Pipeline

    from trisampler.orchestration.tasks import Grouping

_env = click.option("--env", "-e", default=None, help=ENV_HELP)
_pipeline = click.option(
    "--pipelines", "-p", "pipeline", default="__default__", help="The pipeline, by its name."
)
_params = params_option(
    "--params", "Parameters of all runs, as `kedro run` takes them.", metavar=None
)

_verbose = click.option("--verbose", "-v", is_flag=True, help="Show the traceback of an error.")


@click.group(name="airflow")
def airflow() -> None:
    """Run the pipeline with Airflow."""


@airflow.command()
@_pipeline
@_env
@click.option(
    "--group-by",
    "-g",
    "grouping",
    type=click.Choice(["namespace", "node"]),
    default="namespace",
    show_default=True,
    help="A task for each top-level namespace, or for each node.",
)
@click.option(
    "--target-dir",
    "-t",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("airflow_dags"),
    show_default=True,
    help="Where the DAG file is written.",
)
@click.option(
    "--jinja-file",
    "-j",
    "template",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    default=DAG_TEMPLATE,
    help="Another template of the DAG file.",
)
@_verbose
@click.pass_obj
def create(
    metadata: ProjectMetadata,
    pipeline: str,
    env: str | None,
    grouping: Grouping,
    folder: Path,
    template: Path,
    verbose: bool,
) -> None:
    """Write the pipeline as a DAG file for Airflow, as airflow.yml says."""
    from trisampler.orchestration.airflow_settings import check_airflow
    from trisampler.orchestration.dag_file import write_dag_file
    from trisampler.orchestration.tasks import pipeline_tasks

    with told_in_one_message(verbose=verbose):
        with _context(metadata, env, {}) as context:
            settings = check_airflow(context.config_loader["airflow"])
        # Anew, so that the parameters that runs will have are checked now.
        option = next(option for option in open_.params if option.name == "params")
        params = read_params(click.get_current_context(), option, settings.params)
        with _context(metadata, env, params) as context:
            registered = _registered(pipeline)
            _check_training(registered, context)
            tasks = pipeline_tasks(registered, context.catalog, grouping)
        path = write_dag_file(
            metadata.project_path / folder,
            tasks,
            settings,
            env=_environment(env),
            pipeline=pipeline,
            project=metadata.project_path,
            template=template,
        )
    click.echo(f"{path}: {len(tasks)} tasks")


@click.group(name="tracking")
def tracking() -> None:
    """One MLflow run for several processes."""


@tracking.command(name="open")
@click.option("--name", required=True, help="The run's name; one that exists is opened again.")
@_env
@_params
@_verbose
@click.pass_obj
def open_(
    metadata: ProjectMetadata, name: str, env: str | None, params: dict[str, Any], verbose: bool
) -> None:
    """Start an MLflow run and print its id, for MLFLOW_RUN_ID of the processes to come."""
    from trisampler.hooks.shared_run import open_shared_run

    with told_in_one_message(verbose=verbose), _context(metadata, env, params) as context:
        run_id = open_shared_run(context, name)
    click.echo(run_id or "")


@tracking.command()
@_pipeline
@_env
@_params
@_verbose
@click.pass_obj
def close(
    metadata: ProjectMetadata,
    pipeline: str,
    env: str | None,
    params: dict[str, Any],
    verbose: bool,
) -> None:
    """Close the run of MLFLOW_RUN_ID; it fails where anything of the pipeline is not made."""
    from trisampler.hooks.retention import prune_softly
    from trisampler.hooks.shared_run import close_shared_run

    with told_in_one_message(verbose=verbose), _context(metadata, env, params) as context:
        run_id = close_shared_run(context, _registered(pipeline))
        prune_softly(context)
    click.echo(f"MLflow  run {run_id} is finished" if run_id else "MLflow  tracking is off")


@contextmanager
def _context(
    metadata: ProjectMetadata, env: str | None, params: dict[str, Any]
) -> Iterator[KedroContext]:
    from kedro.framework.session import KedroSession

    with KedroSession.create(
        metadata.project_path, env=env, runtime_params=params or None
    ) as session:
        assert isinstance(session, KedroSession)
        yield session.load_context()


def _check_training(pipeline: Pipeline, context: KedroContext) -> None:
    from trisampler.checks.training import check_training, trains

    if trains(pipeline):
        training, sampling, teacher = (
            context.params[name] for name in ("training", "sampling", "teacher")
        )
        check_training(training, sampling, teacher.name)


def _registered(name: str) -> Pipeline:
    from kedro.framework.project import pipelines

    if name not in pipelines:
        raise click.ClickException(
            f"There is no pipeline {name!r}; known: {', '.join(sorted(pipelines))}."
        )
    pipeline: Pipeline = pipelines[name]
    return pipeline


def _environment(env: str | None) -> str:
    return env or os.environ.get("KEDRO_ENV") or "local"
