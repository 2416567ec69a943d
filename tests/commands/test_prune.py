"""`trisampler prune` in a project made by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from registry.conftest import empty_database as empty_database
from retention.world import World, write_files

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "conf" / "local").mkdir(exist_ok=True)
    (tmp_path / "conf" / "local" / "tracking.yml").write_text("experiment: trial\n")
    return World.make(tmp_path, empty_database)


def test_it_says_what_would_go_and_removes_it(
    project: World, run: Callable[..., Result], tmp_path: Path
) -> None:
    for is_promoted in (True, False, False):
        project.retrained(promoted=is_promoted)
    third = write_files(project.workspace.models / "encoder_3")
    asked = ("prune", "--workspace", "trial")
    would = run(*asked, "--keep", "1", "--dry-run")
    assert would.exit_code == 0
    assert would.output.endswith("Nothing was removed: --dry-run.\n")
    assert "15 B  data/06_models/trial/encoder_3" in would.output
    assert "15 B  version 2 of trisampler-trial" in would.output
    assert "45 B  together" in would.output
    assert third.exists()
    assert project.numbers() == [1, 2, 3]

    (tmp_path / "conf" / "local" / "parameters.yml").write_text("retention: {keep: 1}\n")
    done = run(*asked)
    assert done.exit_code == 0
    assert done.output.splitlines()[:-1] == would.output.splitlines()[:-1]
    assert done.output.endswith("Removed: 3 leftovers, 45 B.\n")
    assert not third.exists()
    assert project.numbers() == [1, 3]
    assert run(*asked).output == "Nothing to prune in the workspace 'trial'.\n"


def test_nothing_is_pruned_without_a_number(project: World, run: Callable[..., Result]) -> None:
    result = run("prune")
    assert result.exit_code == 2
    assert "--keep N, or retention.keep" in result.output


def test_what_cannot_be_removed_is_told_once_and_the_rest_goes(
    project: World, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        project.retrained(promoted=False)
    third = write_files(project.workspace.models / "encoder_3")

    def refuse(self: object) -> None:
        raise NotImplementedError("this store cannot delete")

    monkeypatch.setattr("trisampler.retention.artifacts.ArtifactFolder.remove", refuse)
    result = run("prune", "--workspace", "trial", "--keep", "1")
    assert result.exit_code == 1
    assert result.output.count("this store cannot delete") == 1
    assert "and 5 more cannot be removed" in result.output
    assert not third.exists()
    # The entries are gone before the files, so that nothing half is a version.
    assert project.numbers() == [4]
    monkeypatch.undo()
    assert len(project.found()) == 6
