"""Run files of other tools beside our own systems."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project, nodes_that_would_run

NAMES = (
    "evaluation.run_files.theirs.test={0}/theirs.run,evaluation.run_files.dev-only.dev={0}/d.run"
)


@pytest.fixture
def project(finished: FinishedRun, tmp_path: Path) -> Project:
    """A copy of the finished run, with encoder_1's rankings as another tool's files."""
    copied = Project(shutil.copytree(finished.project.folder, tmp_path / "project"))
    for split, name in (("test", "theirs.run"), ("dev", "d.run")):
        lines = copied.path(f"07_model_output/encoder_1/{split}.run").read_text().splitlines()
        (tmp_path / name).write_text("\r\n".join(reversed(lines)) + "\r\nq? Q0 d? 1 0.5 theirs\r\n")
    return copied


@pytest.mark.slow
def test_they_stand_in_metrics_comparisons_and_report_under_their_names(
    project: Project, tmp_path: Path
) -> None:
    output = project.run("--params", NAMES.format(tmp_path))
    assert "train_encoder" not in output
    metrics = project.metrics()
    assert list(metrics["test"]) == ["bm25", "encoder_0", "encoder_1", "encoder_2", "theirs"]
    assert metrics["test"]["theirs"] == metrics["test"]["encoder_1"]
    assert metrics["dev"]["dev-only"] == metrics["dev"]["encoder_1"]
    assert "dev-only" not in metrics["test"]
    comparisons = project.table("08_reporting/comparisons.parquet")
    theirs = comparisons.filter(pl.col("system") == "theirs", pl.col("measure") == "nDCG@10")
    assert theirs.select("split", "baseline").rows() == [
        ("test", "encoder_0"),
        ("test", "encoder_2"),
    ]
    assert "\ntheirs " in output
    report = project.path("08_reporting/report.html").read_text()
    assert all(sentence.split(" (")[0] in report for sentence in theirs["sentence"])
    assert project.path("08_reporting/external_report.json").read_text().count("theirs.run") == 1
    assert "Everything is up to date" in project.run("--params", NAMES.format(tmp_path))
    with (tmp_path / "theirs.run").open("a") as file:
        file.write("q! Q0 d? 1 0.5 theirs\n")
    again = project.run("--params", NAMES.format(tmp_path), "--dry-run")
    assert "evaluation.compare" in nodes_that_would_run(again)
    assert "changed: what it reads from outside" in again


def test_adding_one_measures_no_other_system_again(finished: FinishedRun, tmp_path: Path) -> None:
    (tmp_path / "theirs.run").write_text("q Q0 d 1 0.5 theirs\n")
    output = finished.project.run(
        "--dry-run", "--params", f"evaluation.run_files.theirs.test={tmp_path}/theirs.run"
    )
    due = nodes_that_would_run(output)
    assert {"evaluation.read_external_runs", "evaluation.compare"} <= due
    assert not [name for name in due if name.endswith(".measure")]


def test_a_broken_file_stops_the_run_before_anything_is_embedded(
    finished: FinishedRun, tmp_path: Path
) -> None:
    (tmp_path / "conf").mkdir()
    shutil.copytree(finished.project.folder / "conf", tmp_path / "conf", dirs_exist_ok=True)
    (tmp_path / "src").mkdir()
    shutil.copy(finished.project.folder / "pyproject.toml", tmp_path)
    (tmp_path / "theirs.run").write_text("q Q0 d 1 0.5 theirs\nq Q0 d 1\n")
    project = Project(tmp_path)
    parameter = f"evaluation.run_files.theirs.test={tmp_path}/theirs.run"
    output = project.run("--params", parameter, succeeds=False)
    assert "theirs.run:2: 4 columns where a run file has 6" in output.replace("\n", "")
    assert not project.path("04_feature/encoder_0").exists()
    (tmp_path / "theirs.run").write_text("q Q0 d 1 0.5 theirs\n")
    output = project.run("--params", parameter, succeeds=False)
    assert "theirs.run: none of its queries is judged, such as 'q'" in output.replace("\n", "")
    assert not project.path("04_feature/encoder_0").exists()
    (tmp_path / "theirs.run").unlink()
    output = project.run("--params", parameter, succeeds=False)
    assert "evaluation.run_files.theirs.test: no run file at" in output
