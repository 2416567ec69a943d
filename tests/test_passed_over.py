"""What conf/local says and an environment that is named does not read."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from trisampler.configuration import passed_over, read_configuration
from trisampler.hooks.configuration import ConfigurationHooks
from trisampler.project_registry import project_registry
from trisampler.project_retention import Retention
from trisampler.registry.errors import RegistryError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    base = Path(__file__).parents[1] / "conf" / "base"
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "base").symlink_to(base)
    for env in ("local", "recipes"):
        (tmp_path / "conf" / env).mkdir()
    (tmp_path / "conf" / "recipes" / "tracking.yml").write_text("enabled: false\n")
    return tmp_path


def write(project: Path, **contents: str) -> None:
    for name, content in contents.items():
        (project / "conf" / "local" / f"{name}.yml").write_text(content)


def test_files_are_named_and_where_they_may_go(project: Path) -> None:
    write(project, parameters="source: {path: /data}\n", structure="rounds: 1\n")
    said = passed_over(read_configuration(project, "recipes"))
    assert said == (
        "With the environment 'recipes' nothing of conf/local is read: parameters.yml, "
        "structure.yml. What is to count goes into conf/recipes; parameters may be given by "
        "--params too."
    )
    assert passed_over(read_configuration(project, "local")) is None
    assert passed_over(read_configuration(project)) is None


def test_the_environment_may_come_from_outside(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, tracking="enabled: false\n")
    monkeypatch.setenv("KEDRO_ENV", "recipes")
    assert "tracking.yml" in (passed_over(read_configuration(project)) or "")


def test_what_says_nothing_or_is_never_read_is_no_matter(project: Path) -> None:
    write(project, parameters="# source: {path: /data}\n\n---\n", globals="")
    write(project, notes="a: 1\n", credentials="store: {key: k}\n")
    assert passed_over(read_configuration(project, "recipes")) is None


def test_runs_and_commands_warn(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(project, parameters="seed: 5\n")

    class Context:
        config_loader = read_configuration(project, "recipes")
        params = _runtime_params = None

    with caplog.at_level(logging.WARNING, logger="trisampler"):
        ConfigurationHooks().after_context_created(Context())  # type: ignore[arg-type]
        Retention.of_project(project, "mine", "recipes")
        with pytest.raises(RegistryError, match="MLflow is off"):
            project_registry(project, "mine", "recipes")
    assert [record.message.count("parameters.yml") for record in caplog.records] == [1, 1, 1]
