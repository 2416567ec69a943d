"""The comparison on an empty project: cells once, kept, added to, and the same after a kill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project, nodes_that_would_run
from trisampler.encoders.encoder import Encoder

COMPARISON = ("--pipelines", "comparison")
SAMPLERS = ["in-batch", "top-k", "tri"]
_WITH_A_VARIANT = """
comparison:
  samplers: [top-k, tri]
  variants:
    chain:
      sampler: tri
      training: {separate_towers: true, negatives_per_query: 1, learning_rate: 0.003}
      rounds: 2
  seeds: 1
  lines:
    rounds: {tri: 1, chain: 2}
"""
pytestmark = pytest.mark.slow


def set_structure(project: Project, samplers: list[str], seeds: int) -> None:
    text = f"comparison:\n  samplers: [{', '.join(samplers)}]\n  seeds: {seeds}\n"
    (project.folder / "conf" / "smoke" / "structure.yml").write_text(text)


def mlflow_runs(project: Project) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project.folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("trisampler")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id]))


def test_all_samplers_have_a_row_and_equal_budgets(compared: FinishedRun) -> None:
    table = compared.project.table("08_reporting/comparison.parquet")
    assert table["sampler"].to_list() == [*SAMPLERS, "BM25", "encoder_0"]
    assert table["seeds"].to_list() == [2, 2, 2, 0, 0]
    trained = table.filter(table["seeds"] > 0)
    assert trained["steps"].to_list() == [60, 20, 20]
    # Two queries of a batch may name the same document; the budget is 480 of them.
    assert trained["documents"].is_between(400, 480).all()
    assert trained["test_mean"].is_between(0, 1).all()
    curves = compared.project.table("08_reporting/comparison_curves.parquet")
    assert set(curves.group_by("sampler", "seed_number").len()["len"]) == {3}
    tests = compared.project.table("08_reporting/comparison_tests.parquet")
    assert tests.filter(split="test")["system"].to_list() == ["in-batch", "tri"]


def test_it_ends_with_the_tables_and_where_things_are(compared: FinishedRun) -> None:
    tail = compared.output[compared.output.rindex("| sampler | seeds") :]
    for words in ("On test:", "on dev", "tri", "report ", "MLflow "):
        assert words.casefold() in tail.casefold()


def test_round_1_is_retrieved_but_not_trained(compared: FinishedRun) -> None:
    assert compared.project.path("05_model_input/round_1/candidates.parquet").is_file()
    assert not compared.project.path("06_models/encoder_1").exists()
    assert not compared.project.path("05_model_input/round_1/negatives.parquet").exists()


def test_every_cell_draws_its_own_negatives(
    compared: FinishedRun,
) -> None:
    drawn = {
        (sampler, number): compared.project.table(
            f"05_model_input/comparison/{sampler}.seed_{number}/negatives.parquet"
        )
        for sampler in SAMPLERS
        for number in (1, 2)
    }
    assert drawn["in-batch", 1].is_empty()
    assert not drawn["tri", 1].equals(drawn["tri", 2])
    assert not drawn["tri", 1].equals(drawn["top-k", 1])


def test_the_report_stands_alone(compared: FinishedRun) -> None:
    page = compared.project.path("08_reporting/comparison.html").read_text()
    assert page.count("data:image/png;base64,") == 2
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", page)


def test_mlflow_has_the_cells_inside_one_run(compared: FinishedRun) -> None:
    runs = mlflow_runs(compared.project)
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run is not parent]
    assert {run.info.run_name for run in children} == {
        f"{sampler}.seed_{number}" for sampler in SAMPLERS for number in (1, 2)
    }
    for run in children:
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.info.status == "FINISHED"
        assert {"sampler", "seed", "seed_number"} <= set(run.data.params)
        assert {"test/nDCG_at_10", "dev/nDCG_at_10", "dev_nDCG_at_10", "documents"} <= set(
            run.data.metrics
        )
        assert run.data.metrics["node_seconds/draw_negatives"] >= 0
        assert run.data.tags["trained"] == "in this run"
    assert parent.data.metrics["comparison/tri/seeds"] == 2
    assert not any("seed_1" in name for name in parent.data.metrics)


def test_a_second_run_runs_nothing(compared: FinishedRun) -> None:
    output = compared.project.run(*COMPARISON)
    assert "Everything is up to date" in output
    assert "done:" not in output


@pytest.mark.parametrize(
    ("parameter", "cells"),
    [
        ("comparison.sampler_parameters.tri.sigma=2", {"tri.seed_1", "tri.seed_2"}),
        ("evaluation.resamples=300", set()),
        ("training.steps=30", {f"{name}.seed_{n}" for name in SAMPLERS for n in (1, 2)}),
    ],
)
def test_a_changed_parameter_trains_the_cells_it_concerns(
    compared: FinishedRun, parameter: str, cells: set[str]
) -> None:
    would_run = nodes_that_would_run(
        compared.project.run(*COMPARISON, "--dry-run", "--params", parameter)
    )
    trained = {name for name in would_run if name.endswith("train_encoder")}
    assert trained == {f"comparison.{cell}.training.train_encoder" for cell in cells}
    assert "comparison.write_comparison_report" in would_run


def test_configuration_that_does_not_fit_stops_it_before_work(compared: FinishedRun) -> None:
    refused = (*COMPARISON, "--params")
    run = compared.project.run
    assert "{seeds: 4}" in run(*refused, "comparison.seeds=4", succeeds=False)
    assert "not compared" in run(*refused, "comparison.baselines=[simans]", succeeds=False)
    assert "sigmaa" in run(*refused, "comparison.sampler_parameters.tri.sigmaa=2", succeeds=False)


def test_more_seeds_and_samplers_run_only_the_new_cells(compared: FinishedRun) -> None:
    """From here on the tests change the structure of the project that they share."""
    project = compared.project
    before = {
        path: path.read_bytes()
        for path in project.path("07_model_output/comparison").rglob("*.parquet")
    }
    set_structure(project, [*SAMPLERS, "random"], 3)
    would_run = nodes_that_would_run(project.run(*COMPARISON, "--dry-run"))
    old = [f"comparison.{name}.seed_{n}." for name in SAMPLERS for n in (1, 2)]
    assert not any(name.startswith(prefix) for name in would_run for prefix in old)
    assert sum(name.endswith("train_encoder") for name in would_run) == 6
    set_structure(project, [*SAMPLERS, "random"], 2)
    project.run(*COMPARISON)
    assert all(path.read_bytes() == content for path, content in before.items())
    table = project.table("08_reporting/comparison.parquet")
    assert table["sampler"].to_list()[:4] == [*SAMPLERS, "random"]
    runs = mlflow_runs(project)
    latest = max(
        (run for run in runs if "mlflow.parentRunId" not in run.data.tags),
        key=lambda run: run.info.start_time,
    )
    inside = {
        run.info.run_name: run.data.tags["trained"]
        for run in runs
        if run.data.tags.get("mlflow.parentRunId") == latest.info.run_id
    }
    assert len(inside) == 8
    assert inside["random.seed_2"] == "in this run"
    assert inside["tri.seed_1"] == "in an earlier run"


def test_a_variant_of_two_rounds_stands_beside_the_samplers(compared: FinishedRun) -> None:
    """Last of the tests that share a project."""
    project = compared.project
    (project.folder / "conf" / "smoke" / "structure.yml").write_text(_WITH_A_VARIANT)
    own = (*COMPARISON, "--params", "comparison.against.chain=top-k")
    would_run = nodes_that_would_run(project.run(*own, "--dry-run"))
    trained = {name for name in would_run if name.endswith("train_encoder")}
    cell = "comparison.chain.seed_1"
    assert trained == {f"{cell}.{place}training.train_encoder" for place in ("round_1.", "")}
    output = project.run(*own)
    assert "| chain | 1 |" in output
    told = project.table("08_reporting/comparison.parquet").row(
        by_predicate=pl.col("sampler") == "chain", named=True
    )
    assert told["steps"] == 30
    history = project.table("08_reporting/comparison/chain.seed_1/training_history.parquet")
    assert history["step"].to_list() == list(range(31))
    encoders = [
        Encoder.load_folder(project.path(f"06_models/comparison/chain.seed_1{place}"))
        for place in (".round_1", "")
    ]
    assert not any(encoder.shared for encoder in encoders)
    first, second = (
        project.table(f"05_model_input/{place}/candidates.parquet")
        for place in ("round_1", "comparison/chain.seed_1")
    )
    same = first.join(second, on=["query_id", "doc_id", "rank"])
    retrieved_alike = same.height == first.height
    learned_nothing = encoders[0].fingerprint("query", "float32") == Encoder.load_folder(
        project.path("06_models/encoder_0")
    ).fingerprint("query", "float32")
    assert retrieved_alike == learned_nothing
    negatives = [
        project.table(f"05_model_input/comparison/chain.seed_1{place}/negatives.parquet")
        for place in (".round_1", "")
    ]
    assert not negatives[0].equals(negatives[1])
    assert project.path("08_reporting/comparison_lines.png").is_file()
    (logged,) = (run for run in mlflow_runs(project) if run.info.run_name == "chain.seed_1")
    assert "separate_towers" in logged.data.params["variant"]
    assert logged.data.metrics["steps"] == 30
    assert "Everything is up to date" in project.run(*own)


def test_a_killed_comparison_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    projects = []
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        projects.append(Project.copy_to(tmp_path / name))
        set_structure(projects[-1], ["top-k", "tri"], 1)
    whole, killed = projects
    whole.run(*COMPARISON)
    running = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--env", "smoke", *COMPARISON],
        cwd=killed.folder,
        env=os.environ | {"KEDRO_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    first = killed.path("08_reporting/comparison/top-k.seed_1/training_history.parquet")
    until = time.monotonic() + 240
    while not first.exists() and running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert first.exists()
    assert not killed.path("08_reporting/comparison.parquet").exists()
    output = killed.run(*COMPARISON)
    assert "top-k.seed_1.training.train_encoder runs" not in output or "no record" in output
    names = ("comparison.parquet", "comparison_tests.parquet", "comparison_means.parquet")
    for name in (*names, "comparison_curves.parquet", "comparison.md", "comparison.html"):
        path = f"08_reporting/{name}"
        assert killed.path(path).read_bytes() == whole.path(path).read_bytes(), name
    for cell in ("top-k.seed_1", "tri.seed_1"):
        path = f"07_model_output/comparison/{cell}/test.run"
        assert killed.path(path).read_bytes() == whole.path(path).read_bytes()
