"""Lineage in kedro-viz."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from end_to_end.conftest import FinishedRun


@pytest.mark.slow
def test_viz_builds_with_previews_layers_and_rounds(finished: FinishedRun) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "viz", "build", "--include-previews"],
        cwd=finished.project.folder,
        env=os.environ | {"KEDRO_ENV": "smoke", "KEDRO_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "circular" not in done.stdout + done.stderr
    graph = json.loads((finished.project.folder / "build" / "api" / "main").read_text())
    layers = graph["layers"]
    flow = ["ingestion", "encoder_0", "round_1", "encoder_1", "round_2", "evaluation", "reporting"]
    assert [layer for layer in layers if layer in flow] == flow
    assert {"ingestion", "baseline", "round_1", "round_2"} <= set(graph["modular_pipelines"])
    nodes = {node["name"]: node["id"] for node in graph["nodes"] if node["type"] == "data"}
    for name in ("metrics", "round_1.negatives", "metrics_plot", "encoder_1.test_run"):
        metadata = (finished.project.folder / "build" / "api" / "nodes" / nodes[name]).read_text()
        assert json.loads(metadata)["preview"], name
