"""One run of the whole DAG and one comparison, shared by the tests that look at what they left."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from end_to_end.project import Project


@dataclass(frozen=True)
class FinishedRun:
    project: Project
    output: str


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """`kedro run --env smoke` in an empty copy of the project."""
    project = Project.copy_to(tmp_path_factory.mktemp("project"))
    return FinishedRun(project, project.run())


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """`kedro run --env smoke --pipelines comparison` in an empty copy of the project.

    The first of the runs that MLflow has of it: test_comparison.py lets others follow.
    """
    project = Project.copy_to(tmp_path_factory.mktemp("comparison"))
    return FinishedRun(project, project.run("--pipelines", "comparison"))
