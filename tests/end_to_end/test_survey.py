"""Samplers side by side on an empty project: what they need is made, and nothing is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from end_to_end.project import Project, nodes_that_would_run


@pytest.mark.slow
def test_a_survey_makes_what_it_needs_and_trains_nothing(tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path)
    survey = ("--pipelines", "survey", "--params", "survey.samplers=[random,top-k,tri]")
    planned = nodes_that_would_run(project.run(*survey, "--dry-run"))
    assert "survey.survey_samplers" in planned
    assert not any(name.endswith("train_encoder") for name in planned)
    project.run(*survey)
    table = project.table("08_reporting/survey.parquet")
    assert table["sampler"].to_list() == ["random", "top-k", "tri"]
    assert (table["negatives"] > 0).all()
    assert project.path("08_reporting/survey.png").stat().st_size > 10_000
    assert "| `tri` |" in project.path("08_reporting/survey.md").read_text()
    assert not nodes_that_would_run(project.run(*survey, "--dry-run"))
