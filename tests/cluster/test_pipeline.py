"""`kedro run --env ray` on a cluster of two nodes leaves what a run without a cluster leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from end_to_end.project import ROOT, Project, nodes_that_would_run
from trisampler.cluster.settings import ClusterSettings

pytestmark = pytest.mark.slow


def items(tree: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The tree as `--params` takes it."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from items(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}={value}"


def test_negatives_of_all_rounds_are_the_same_bytes(
    two_nodes: ClusterSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As many threads as a worker has on these nodes.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone, on_ray = (Project.copy_to(tmp_path / name) for name in ("alone", "ray"))
    smoke = ",".join(items(yaml.safe_load((ROOT / "conf/smoke/parameters.yml").read_text())))
    mining = "round_2.sampling.draw_negatives"
    whole = ("--params", f"workspace=smoke,{smoke}", "--to-nodes", mining)
    alone.kedro("run", "--env", "local", *whole)
    monkeypatch.setenv("RAY_ADDRESS", str(two_nodes.address))
    said = on_ray.kedro("run", "--env", "ray", *whole)
    assert f"Ray cluster at {two_nodes.address}: 2 node(s), 2 CPUs, 0 GPUs." in said
    for number in (1, 2):
        name = f"05_model_input/round_{number}/negatives.parquet"
        found, expected = (project.path(name).read_bytes() for project in (on_ray, alone))
        assert found == expected
    monkeypatch.delenv("RAY_ADDRESS")
    again = on_ray.kedro("run", "--env", "local", "--dry-run", *whole)
    assert not nodes_that_would_run(again)
