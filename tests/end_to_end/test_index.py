"""A run whose searches go through an index of FAISS."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project

IVF = "search.factory='IVF8,SQ8',search.nprobe=4,search.recall_depth=10,search.recall_floor=0.6"


@pytest.fixture
def project(finished: FinishedRun, tmp_path: Path) -> Project:
    shutil.copytree(finished.project.folder, tmp_path / "project")
    return Project(tmp_path / "project")


def report_of(project: Project, system: str) -> dict[str, Any]:
    path = project.path(f"08_reporting/{system}/index_report.json")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_by_default_search_is_exact_and_says_so(finished: FinishedRun) -> None:
    for system in ("encoder_0", "encoder_1", "encoder_2"):
        report = report_of(finished.project, system)
        assert (report["factory"], report["recall"]) == ("exact", 1)
        folder = finished.project.path(f"06_models/{system}.index")
        assert [path.name for path in folder.iterdir()] == ["manifest.json"]


@pytest.mark.slow
def test_a_run_with_an_index_lists_by_it_and_tells_what_it_finds(project: Project) -> None:
    former = project.table("05_model_input/round_1/candidates.parquet")
    output = project.run("--params", IVF)
    assert "baseline.encoder_0.embedding.embed_corpus" not in output
    assert "Index IVF8,SQ8 over " in output
    for system in ("encoder_0", "encoder_2"):
        report = report_of(project, system)
        assert report["factory"] == "IVF8,SQ8"
        assert 0.6 <= report["recall"] <= 1
        assert project.path(f"06_models/{system}.index/index.faiss").stat().st_size > 0
    found = project.table("05_model_input/round_1/candidates.parquet")
    assert found.height == former.height
    same = found.join(former, on=["query_id", "doc_id", "score"], how="inner")
    assert 0.5 * former.height < same.height
    assert found.select(pl.col("query_id").is_sorted()).item()
    assert 0 <= project.metrics()["test"]["encoder_2"]["nDCG@10"] <= 1
    assert "Everything is up to date" in project.run("--params", IVF)


@pytest.mark.slow
def test_an_index_that_finds_too_little_stops_the_run(project: Project) -> None:
    poor = f"{IVF},search.nprobe=1,search.recall_floor=1.0"
    output = project.run("--params", poor, succeeds=False)
    assert "search.recall_floor asks for 100.0%" in output
    assert "Traceback" not in output
    assert not project.path("06_models/encoder_0.index/index.faiss").exists()
