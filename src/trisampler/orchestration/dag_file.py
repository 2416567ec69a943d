"""The file from which Airflow reads the DAG."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from trisampler.atomic import replaced_file
from trisampler.orchestration.airflow_settings import AirflowSettings
from trisampler.orchestration.tasks import PipelineTask

DAG_TEMPLATE = Path(__file__).parent / "templates" / "dag.py.j2"


def dag_name(env: str, pipeline: str) -> str:
    """`trisampler`, with environment and pipeline where they are not the usual ones."""
    parts = [env if env != "local" else "", pipeline if pipeline != "__default__" else ""]
    return "_".join(["trisampler", *filter(None, parts)])


def write_dag_file(
    folder: Path,
    tasks: Sequence[PipelineTask],
    settings: AirflowSettings,
    *,
    env: str,
    pipeline: str,
    project: Path,
    template: Path = DAG_TEMPLATE,
) -> Path:
    """Write the DAG that runs these tasks, and return the file.

    Args:
        folder: Of DAG files; made where it does not exist.
        tasks: In an order in which they can run.
        settings: Of airflow.yml.
        env: Environment of the runs.
        pipeline: Name of the pipeline that the tasks are parts of.
        project: The project's folder here, where the settings name none.
        template: Jinja2 template of the file; `py` writes a value as Python does.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    name = settings.dag_id or dag_name(env, pipeline)
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        # It writes Python, not HTML.
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"py": repr, "shell": lambda words: shlex.join(map(str, words))}
    text = environment.get_template(template.name).render(
        dag_id=name,
        settings=settings,
        tasks=tasks,
        env=env,
        pipeline=pipeline,
        project=str(settings.project or project),
        python=str(settings.python or sys.executable),
    )
    path = folder / f"{name}.py"
    with replaced_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path
