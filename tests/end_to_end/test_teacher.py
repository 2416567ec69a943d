"""A teacher in the whole DAG: asked before each draw, and never twice about a pair."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project, nodes_that_would_run

ASKING = ("round_1.teaching.score_candidates", "round_2.teaching.score_candidates")
DEPTH = 8


def taught(finished: FinishedRun, folder: Path, *parameters: str) -> tuple[Project, str, str]:
    """A project that went on with a teacher; its parameters, and what the run said."""
    shutil.copytree(finished.project.folder, folder)
    project, given = Project(folder), ",".join((f"teacher.depth={DEPTH}", *parameters))
    output = project.run("--params", given)
    assert "baseline.encoder_0.embedding.embed_corpus" not in output
    assert "round_1.retrieval.retrieve_candidates" not in output
    return project, given, output


def check_tables(project: Project) -> None:
    """Positives and the first candidates are scored, and negatives carry what was scored."""
    positives = project.table("03_primary/train_judgements.parquet").filter(
        pl.col("relevance") >= 1
    )
    for number in (1, 2):
        folder = f"05_model_input/round_{number}"
        scores = project.table(f"{folder}/teacher_scores.parquet")
        asked = project.table(f"{folder}/candidates.parquet").filter(pl.col("rank") <= DEPTH)
        pairs = pl.concat([table.select("query_id", "doc_id") for table in (positives, asked)])
        assert scores.select("query_id", "doc_id").equals(pairs.unique().sort("query_id", "doc_id"))
        negatives = project.table(f"{folder}/negatives.parquet")
        assert negatives["teacher_q_pos"].null_count() == 0
        told = negatives.join(
            scores, left_on=["query_id", "negative_id"], right_on=["query_id", "doc_id"], how="left"
        )
        assert told["teacher_q_neg"].equals(told["score"], null_equal=True)


def check_nothing_is_done_again(project: Project, parameters: str) -> None:
    assert "Everything is up to date" in project.run("--params", parameters)
    forced = project.run("--params", parameters, "--force", "--nodes", ",".join(ASKING))
    computed = re.findall(r"(\d+) (?:encoded|scored by the teacher)", forced)
    assert len(computed) >= 2
    assert set(computed) == {"0"}
    # How many are drawn is no matter to the first round's teacher.
    fewer = f"{parameters},sampling.negatives=3"
    would_run = nodes_that_would_run(project.run("--dry-run", "--params", fewer))
    assert "round_1.sampling.draw_negatives" in would_run
    assert ASKING[0] not in would_run


def test_without_a_teacher_nothing_is_asked(finished: FinishedRun) -> None:
    project = finished.project
    scores = project.table("05_model_input/round_1/teacher_scores.parquet")
    assert scores.is_empty()
    assert scores.columns == ["query_id", "doc_id", "score"]
    negatives = project.table("05_model_input/round_1/negatives.parquet")
    assert negatives["teacher_q_neg"].null_count() == negatives.height
    assert not project.path("04_feature/teacher_cache").exists() or not list(
        project.path("04_feature/teacher_cache").iterdir()
    )


@pytest.mark.slow
def test_margins_of_a_stronger_encoder(finished: FinishedRun, tmp_path: Path) -> None:
    project, parameters, _ = taught(
        finished,
        tmp_path / "project",
        "teacher.name=untrained:1",
        "sampling.sampler=margin-bins",
    )
    check_tables(project)
    negatives = project.table("05_model_input/round_1/negatives.parquet")
    mined = negatives.filter(pl.col("source") != "fallback")
    assert mined.height > 0
    assert mined["rank"].max() <= DEPTH
    assert mined["teacher_q_neg"].null_count() == 0
    check_nothing_is_done_again(project, parameters)


@pytest.mark.slow
def test_denoising_with_a_cross_encoder(
    finished: FinishedRun, tmp_path: Path, tiny_cross_encoder_folder: Path
) -> None:
    project, parameters, output = taught(
        finished,
        tmp_path / "project",
        f"teacher.name={tiny_cross_encoder_folder}",
        "teacher.pair_length=96",
        "sampling.sampler=top-k",
        "sampling.teacher_ceiling=0.65",
        "sampling.teacher_unscored=drop",
    )
    assert "scored by the teacher" in output
    check_tables(project)
    scores = project.table("05_model_input/round_1/teacher_scores.parquet")["score"]
    assert 0 < scores.min() < 0.65 < scores.max() < 1  # type: ignore[operator]
    negatives = project.table("05_model_input/round_1/negatives.parquet")
    mined = negatives.filter(pl.col("source") == "encoder")
    assert mined.height > 0
    assert mined["teacher_q_neg"].max() < 0.65  # type: ignore[operator]
    check_nothing_is_done_again(project, parameters)


@pytest.mark.slow
def test_a_teacher_that_is_not_there_stops_the_run_before_any_work(
    finished: FinishedRun, tmp_path: Path
) -> None:
    project = Project.copy_to(tmp_path)
    for parameters, told in (
        ("teacher.name=package:not_installed", "'not_installed' is not installed"),
        ("sampling.sampler=margin-bins", "teacher.name is null"),
    ):
        output = project.run("--params", parameters, succeeds=False)
        assert told in output
        assert "done:" not in output
        assert "Traceback" not in output
