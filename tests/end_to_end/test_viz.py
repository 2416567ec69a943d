"""Lineage in kedro-viz: what a build holds, and what a browser shows of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from end_to_end.browser import in_a_browser
from end_to_end.conftest import FinishedRun
from end_to_end.lineage_page import opened
from end_to_end.project import ROOT, Project

pytestmark = pytest.mark.slow
FLOW = [
    "ingestion",
    "bm25",
    "encoder_0",
    "development",
    "round_1",
    "encoder_1",
    "round_2",
    "encoder_2",
    "evaluation",
    "diagnosis",
    "promotion",
    "reporting",
]


@pytest.fixture(scope="module")
def build(finished: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`kedro viz build` of the finished run, in a project that has its code with it."""
    folder = Project.copy_to(tmp_path_factory.mktemp("lineage") / "project").folder
    shutil.copytree(ROOT / "src", folder / "src", dirs_exist_ok=True)
    (folder / "data").symlink_to(finished.project.folder / "data")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "viz", "build", "--include-previews"],
        cwd=folder,
        env=environment | {"KEDRO_ENV": "smoke", "KEDRO_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "circular" not in done.stdout + done.stderr
    return folder / "build"


def graph_of(build: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((build / "api" / "main").read_text())
    return content


def test_it_has_the_flow_as_layers_and_the_rounds_as_boxes(build: Path) -> None:
    graph = graph_of(build)
    assert [layer for layer in graph["layers"] if layer in FLOW] == FLOW
    assert {"ingestion", "baseline", "round_1", "round_2"} <= set(graph["modular_pipelines"])


def test_metrics_tables_runs_and_plots_have_previews(build: Path) -> None:
    nodes = {
        node["name"]: node["id"] for node in graph_of(build)["nodes"] if node["type"] == "data"
    }
    for name in ("metrics", "round_1.negatives", "metrics_plot", "encoder_1.test_run"):
        metadata = (build / "api" / "nodes" / nodes[name]).read_text()
        assert json.loads(metadata)["preview"], name


def test_it_names_no_folder_of_the_machine(build: Path, finished: FinishedRun) -> None:
    folders = [build.parent, finished.project.folder, ROOT, Path.home(), Path(sys.prefix)]
    texts = [path for path in build.rglob("*") if path.is_file()]
    assert len(texts) > 100
    for path in texts:
        content = path.read_bytes()
        for folder in folders:
            assert f"{folder}/".encode() not in content, (path, folder)
    for path in (build / "api" / "nodes").iterdir():
        place = json.loads(path.read_text()).get("filepath")
        assert place is None or not Path(place).is_absolute(), (path, place)


@in_a_browser
def test_rounds_open_and_close(build: Path) -> None:
    with opened(build) as lineage:
        closed = lineage.boxes()
        assert {"ingestion", "round_1", "round_2", "release", "encoder_2", "metrics"} <= closed
        layers = ["ingestion", "round_1", "encoder_1", "round_2", "evaluation"]
        assert [layer for layer in lineage.layers() if layer in layers] == layers
        lineage.open_or_close("round_1")
        stages = {f"round_1.{name}" for name in ("retrieval", "sampling", "training", "search")}
        assert stages <= lineage.boxes()
        assert "round_2" in lineage.boxes()
        assert "round_1" not in lineage.boxes()
        lineage.open_or_close("round_1")
        assert lineage.boxes() == closed


@in_a_browser
def test_a_dataset_tells_where_it_lies_and_what_is_in_it(
    build: Path, finished: FinishedRun
) -> None:
    with opened(build) as lineage:
        told = lineage.choose("metrics").inner_text()
        assert "data/08_reporting/smoke/metrics.json" in told
        assert "kedro run --to-outputs=metrics" in told
        value = finished.project.metrics()["dev"]["bm25"]["nDCG@10"]
        assert f'"nDCG@10":{value}' in told

        told = lineage.choose("round_1.negatives").inner_text()
        table = finished.project.table("05_model_input/round_1/negatives.parquet")
        for word in (*table.columns[:3], *table.row(0)[:3]):
            assert word in told

        plot = lineage.choose("metrics_plot").locator("img").first
        assert plot.evaluate("image => image.naturalWidth") > 100
