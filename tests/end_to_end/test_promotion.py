"""From one champion to the next, and back."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project, nodes_that_would_run
from trisampler.commands import promote, rollback, versions
from trisampler.project_registry import project_registry
from trisampler.registry import Registry
from trisampler.registry.logged_model import bundle_folder
from trisampler.release import Bundle

OTHER = "training.steps=6,training.evaluate_every=6"
GATE = {"promotion.decide", "promotion.register_bundle"}
# They show all parameters.
SHOWING = {
    "reporting.write_report",
    "reporting.encoder_1.write_model_card",
    "reporting.encoder_2.write_model_card",
}


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def registry_of(project: Project) -> Registry:
    return project_registry(project.folder, "smoke", "smoke")


def standing(project: Project) -> dict[int, tuple[str, ...]]:
    return {version.number: version.aliases for version in registry_of(project).versions()}


def told(project: Project, name: str) -> Any:
    return json.loads(project.path(name).read_text())


def test_a_first_run_makes_a_champion_where_encoder_0_stands_in(finished: FinishedRun) -> None:
    project = finished.project
    assert standing(project) == {1: ("champion",)}
    decision = told(project, "08_reporting/promotion.json")
    assert decision["promoted"]
    assert decision["incumbent"]["standing"] == "none"
    values = project.table("07_model_output/measurements.parquet")
    dev = values.filter(split="dev", measure="nDCG@10")
    means = {system: dev.filter(system=system)["value"].mean() for system in dev["system"]}
    assert decision["test"]["candidate_mean"] == pytest.approx(means["encoder_2"])
    assert decision["test"]["incumbent_mean"] == pytest.approx(means["encoder_0"])
    assert re.search("^verdict +promoted$", finished.output, re.MULTILINE)
    assert "version 1 of trisampler-smoke, champion: " in finished.output
    report = project.path("08_reporting/report.html").read_text()
    assert decision["reason"] in report


def test_the_champion_is_the_bundle_of_the_run(finished: FinishedRun) -> None:
    registry = project_registry(finished.project.folder, "smoke", "smoke")
    version = registry.champion()
    assert version is not None
    folder = bundle_folder(registry, version, finished.project.path("06_models/champion"))
    bundle = Bundle.load(finished.project.path("06_models/bundle"))
    registered = Bundle.load(folder)
    registered.verify()
    assert registered.manifest == bundle.manifest
    assert version.run_id is not None
    assert version.run_id in finished.output


@pytest.mark.slow
def test_refused_promoted_and_rolled_back(
    finished: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path / "project")
    shutil.copytree(finished.project.folder, project.folder)
    first = told(project, "08_reporting/promotion.json")

    def run(margin: float, *arguments: str) -> str:
        return project.run("--params", f"{OTHER},promotion.margin={margin}", *arguments)

    # Another encoder, with nothing to lose: measured against version 1, on the same queries.
    output = run(0.0)
    assert standing(project) == {1: ("champion",), 2: ("challenger",)}
    refused = told(project, "08_reporting/promotion.json")
    assert refused["incumbent"]["version"] == 1
    assert refused["test"]["incumbent_mean"] == first["test"]["candidate_mean"]
    assert not refused["promoted"]
    assert "version 2 of trisampler-smoke, challenger: " in output
    version = registry_of(project).version(2)
    assert version.tags["gate"] == "refused"
    assert version.tags["reason"] == refused["reason"]
    # What version 1 had to encode is still there.
    assert "154 texts (document): 0 encoded" in output
    assert "Everything is up to date" in run(0.0)

    # The same encoder by a wider margin: nothing is trained, and no version is added.
    assert nodes_that_would_run(run(0.9, "--dry-run")) == GATE | SHOWING
    run(0.9)
    assert standing(project) == {1: (), 2: ("champion",)}

    monkeypatch.chdir(project.folder)
    where = ["--workspace", "smoke", "--env", "smoke"]
    assert "Version 1 of" in CliRunner().invoke(rollback.command, where).output
    assert standing(project) == {1: ("champion",), 2: ()}
    assert "Everything is up to date" in run(0.9)
    again = run(0.9, "--pipelines", "promotion", "--force")
    assert "version 2 was rolled back" in again
    assert standing(project)[1] == ("champion",)

    listed = CliRunner().invoke(versions.command, where).output.splitlines()
    assert [line.split()[0] for line in listed] == ["2", "1"]
    assert "champion" in listed[1]
    CliRunner().invoke(promote.command, ["2", *where])
    assert standing(project)[2] == ("champion",)


@pytest.mark.slow
def test_new_documents_of_the_champions_encoder_are_champion(
    finished: FinishedRun, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project")
    shutil.copytree(finished.project.folder, project.folder)
    # A source with fewer documents: as a refresh, not as a training, meets it.
    project.run("--pipelines", "refresh", "--params", "source.minimum_body_lines=5")
    assert standing(project) == {1: (), 2: ("champion",)}
    assert "documents of now" in registry_of(project).version(2).tags["reason"]
    # The gate measures one encoder twice: on this corpus both times.
    project.run(
        *("--pipelines", "promotion", "--force"), *("--params", "source.minimum_body_lines=5")
    )
    test = told(project, "08_reporting/promotion.json")["test"]
    assert (test["difference"], test["wins"], test["losses"]) == (0.0, 0, 0)
    assert registry_of(project).roll_back()[1].number == 1


@pytest.mark.slow
def test_mlflow_that_is_down_costs_no_run(finished: FinishedRun, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    shutil.copytree(finished.project.folder, project.folder)
    tracking = project.folder / "conf" / "smoke" / "tracking.yml"
    (project.folder / "broken.db").write_text("This is no database. " * 100)
    tracking.write_text("database: broken.db\n")
    output = project.run("--pipelines", "promotion", "--force")
    assert output.count("The bundle is not registered") == 1
    assert "version not registered: the next run does it" in output
    assert told(project, "08_reporting/promotion.json")["incumbent"]["standing"] == "unknown"
    tracking.unlink()
    assert nodes_that_would_run(project.run("--dry-run")) == {"promotion.register_bundle"}
    project.run()
    assert standing(project) == {1: ("champion",)}
