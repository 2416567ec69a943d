"""Which bundle answers: the champion's, or the last run's where there is none to ask."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from project_conf import copy_conf
from registry.conftest import Shop
from registry.conftest import empty_database as empty_database
from registry.conftest import shop as shop
from registry.conftest import workshop as workshop
from trisampler.commands.group import trisampler
from trisampler.project_registry import (
    NoProjectError,
    deployed_bundle,
    find_project,
    project_registry,
)
from trisampler.registry import RegistryError
from trisampler.registry.logged_model import bundle_folder
from trisampler.retrievers.errors import RetrieverError
from trisampler.retrievers.naming import NamedRetriever

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose last run left a bundle, around a registry without versions."""
    copy_conf(shop.folder)
    shutil.copy(ROOT / "pyproject.toml", shop.folder)
    (shop.folder / "src").mkdir()
    bundle = shop.folder / "data" / "06_models" / "trial" / "bundle"
    bundle.parent.mkdir(parents=True)
    shutil.copytree(shop.bundle(2), bundle)
    monkeypatch.chdir(shop.folder)
    for name in ("KEDRO_ENV", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return shop.folder


def _write_production(project: Path) -> None:
    """An environment with a registry of its own, that nothing was registered in."""
    folder = project / "conf" / "production"
    folder.mkdir()
    (folder / "globals.yml").write_text("workspace: trial\n")
    (folder / "tracking.yml").write_text("database: production.db\n")


def test_the_champion_answers_where_there_is_one(shop: Shop, project: Path) -> None:
    last = project / "data" / "06_models" / "trial" / "bundle"
    assert deployed_bundle("trial") == ("trial-bundle", last)
    version = shop.promoted(1)
    folder = bundle_folder(shop.registry, version, project / "cache")
    deployed = deployed_bundle("trial", last)
    assert deployed == (f"trisampler-trial-v{version.number}", folder)
    assert deployed.folder != last
    shutil.rmtree(deployed.folder)
    assert deployed_bundle("trial").folder == last


def test_the_page_names_the_champion_by_model_and_version(
    shop: Shop, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []

    def prepare(named: list[NamedRetriever], *_: object) -> None:
        names.extend(each.name for each in named)
        raise RetrieverError("Not served.")

    monkeypatch.setattr("trisampler.web.preparing.prepare", prepare)
    told = ["serve", "--workspace", "trial", "--port", "0", "--cache", str(project / "cache")]
    CliRunner().invoke(trisampler, told)
    shop.promoted(1)
    CliRunner().invoke(trisampler, told)
    _write_production(project)
    CliRunner().invoke(trisampler, ["serve", "--env", "production", *told[3:]])
    assert names == ["trial-bundle", "trisampler-trial-v1", "trial-bundle"]


def test_the_environment_says_which_registry_and_which_workspace(
    shop: Shop, project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop.promoted(1)
    _write_production(project)
    assert project_registry(project, None, "production").model == "trisampler-trial"
    assert deployed_bundle("trial").name == "trisampler-trial-v1"
    assert "last run" not in caplog.text
    assert deployed_bundle(env="production").name == "trial-bundle"
    assert caplog.messages[-1] == (
        "The last run's bundle answers, whatever the gate said of it: trisampler-trial at "
        "production.db has no champion."
    )


def test_search_asks_the_environment_s_registry(
    shop: Shop, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def load(folder: Path) -> None:
        asked.append(folder)
        raise RetrieverError("Not searched.")

    monkeypatch.setattr("trisampler.release.bundle.Bundle.load", load)
    shop.promoted(1)
    _write_production(project)
    for where in (["--workspace", "trial"], ["--env", "production"]):
        CliRunner().invoke(trisampler, ["search", "a query", *where])
    champion, last = asked
    assert last == project / "data" / "06_models" / "trial" / "bundle"
    assert champion != last


def test_each_workspace_has_a_registered_model_of_its_own(project: Path) -> None:
    assert project_registry(project, "trial").model == "trisampler-trial"
    assert project_registry(project, "default").model == "trisampler-default"


def test_looking_makes_no_database(project: Path) -> None:
    (project / "mlflow.db").unlink()
    assert project_registry(project, "trial").champion() is None
    assert not (project / "mlflow.db").exists()


def test_without_tracking_there_is_no_registry(project: Path) -> None:
    (project / "conf" / "local" / "tracking.yml").write_text("enabled: false\n")
    with pytest.raises(RegistryError, match="set enabled"):
        project_registry(project, "trial")
    assert deployed_bundle("trial").folder.name == "bundle"


def test_outside_of_a_project(tmp_path: Path) -> None:
    with pytest.raises(NoProjectError, match="no trisampler project"):
        find_project(tmp_path)
    with pytest.raises(RetrieverError, match="no bundle of the workspace"):
        deployed_bundle("trial", tmp_path)


def test_the_commands_move_the_champion(shop: Shop, project: Path) -> None:
    def told(*arguments: str) -> str:
        result = CliRunner().invoke(trisampler, [*arguments, "--workspace", "trial"])
        assert "Traceback" not in result.output
        return result.output

    assert "has no versions yet" in told("versions")
    assert "has no champion that could be rolled back" in told("rollback")
    shop.promoted(1)
    assert "`trisampler rollback --to VERSION`" in told("rollback")
    shop.promoted(2)
    assert told("rollback").startswith("Version 1 of trisampler-trial")
    assert shop.standing() == {1: ("champion",), 2: ()}
    second, first = told("versions").splitlines()
    assert "rolled back" in second
    assert "champion" in first
    assert told("promote", "2") == "Version 2 of trisampler-trial at mlflow.db is champion.\n"
    assert told("rollback", "--to", "1").startswith("Version 1 of")
    assert "has no version 9" in told("promote", "9")


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("tracking.yml", "enabled: [", "tracking*.yml cannot be read"),
        ("globals.yml", "workspace: [", "globals*.yml cannot be read"),
        ("parameters.yml", "seed: ${nope:x}", "parameters*.yml cannot be read"),
        (None, "", "conf/nope. Correct"),
    ],
)
def test_configuration_that_cannot_be_read_is_one_message(
    project: Path, file: str | None, content: str, said: str
) -> None:
    told = ["prune", "--keep", "3"]
    if file is None:
        told += ["--env", "nope"]
    else:
        (project / "conf" / "local" / file).write_text(content)
    result = CliRunner().invoke(trisampler, told)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())


@pytest.mark.parametrize("content", ['[tool.kedro]\npackage_name = "theirs"\n', "[tool.kedro", ""])
def test_another_kedro_project_is_none_of_ours(project: Path, content: str) -> None:
    inner = project / "theirs"
    inner.mkdir()
    (inner / "pyproject.toml").write_text(content)
    assert find_project(inner) == project
