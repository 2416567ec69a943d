"""Every kind of sampler goes through the whole DAG."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["in-batch", "random", "bm25", "simans", "tri-t1"])
def test_a_run_with_another_sampler_keeps_embeddings_and_ends(
    finished: FinishedRun, tmp_path: Path, sampler: str
) -> None:
    shutil.copytree(finished.project.folder, tmp_path / "project")
    project = Project(tmp_path / "project")
    output = project.run("--params", f"sampling.sampler={sampler}")
    assert "baseline.encoder_0.embedding.embed_corpus" not in output
    negatives = project.table("05_model_input/round_1/negatives.parquet")
    assert negatives.is_empty() == (sampler == "in-batch")
    assert project.path("08_reporting/round_1/plane.png").stat().st_size > 0
    assert 0 <= project.metrics()["test"]["encoder_2"]["nDCG@10"] <= 1


@pytest.mark.slow
def test_a_run_that_mixes_pools_draws_from_each(finished: FinishedRun, tmp_path: Path) -> None:
    shutil.copytree(finished.project.folder, tmp_path / "project")
    project = Project(tmp_path / "project")
    assert project.table("05_model_input/round_1/neighbours.parquet").is_empty()
    output = project.run(
        "--params", "sampling.pools=[encoder,lexical,neighbours,corpus],retrieval.neighbours=5"
    )
    assert "round_1.retrieval.retrieve_candidates" not in output
    neighbours = project.table("05_model_input/round_1/neighbours.parquet")
    positives = project.table("03_primary/train_judgements.parquet")["doc_id"]
    assert set(neighbours["query_id"]) == set(positives)
    assert neighbours["rank"].max() == 5
    assert neighbours.filter(pl.col("query_id") == pl.col("doc_id")).is_empty()
    sources = project.table("05_model_input/round_1/negatives.parquet")["source"]
    assert {"encoder", "lexical", "neighbours"} <= set(sources)
