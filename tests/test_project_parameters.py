"""The workspace is one for the parameters, the folders of data and the registered model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from project_conf import copy_conf
from trisampler.configuration import read_configuration
from trisampler.hooks.configuration import ConfigurationHooks
from trisampler.installation.checks import check_installation
from trisampler.parameters import ParameterError
from trisampler.project_parameters import read_parameters, workspace_of

ROOT = Path(__file__).parents[1]
TOLD = (
    "conf/production/parameters.yml names the workspace 'shop', and globals.yml, by which the "
    "folders of data and the registered model are named, 'default'. Nothing has been run. Write "
    "`workspace: shop` into conf/production/globals.yml, or give --params workspace=shop."
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose environment `production` names a workspace among its parameters."""
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    copy_conf(tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "conf" / "production").mkdir()
    (tmp_path / "conf" / "production" / "parameters.yml").write_text("workspace: shop\n")
    return tmp_path


def test_a_workspace_among_the_parameters_alone_is_refused(project: Path) -> None:
    with pytest.raises(ParameterError) as error:
        read_parameters(read_configuration(project, "production"))
    assert str(error.value) == TOLD


def test_runs_and_commands_are_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trisampler.context import CheckedContext

    context = CheckedContext(
        project_path=project,
        config_loader=read_configuration(project, "production"),
        env="production",
        package_name="trisampler",
        hook_manager=None,  # type: ignore[arg-type]
    )
    with pytest.raises(ParameterError, match="names the workspace 'shop'"):
        ConfigurationHooks().after_context_created(context)
    broken = [each for each in check_installation(project, "production") if each.state == "broken"]
    assert [(each.what, each.found) for each in broken] == [("parameters", TOLD)]


@pytest.mark.parametrize("file", ["globals.yml", None])
def test_what_the_message_says_to_do_works(project: Path, file: str | None) -> None:
    given = {"workspace": "shop"} if file is None else None
    if file:
        (project / "conf" / "production" / file).write_text("workspace: shop\n")
    loader = read_configuration(project, "production", given)
    assert read_parameters(loader).workspace == workspace_of(loader) == "shop"
    assert loader["tracking"]["registered_model"] == "trisampler-shop"
    assert "/shop/" in loader["catalog"]["corpus"]["filepath"]


def test_digits_stay_in_quotes_in_the_line_to_write(project: Path) -> None:
    (project / "conf" / "local" / "parameters_of_mine.yml").write_text("workspace: '2024'\n")
    with pytest.raises(
        ParameterError, match=r"of_mine\.yml names.*`workspace: '2024'` into conf/l"
    ):
        read_parameters(read_configuration(project))
