"""Notebooks: kept without outputs, and run from first to last cell in a finished project."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from end_to_end.conftest import FinishedRun
from end_to_end.project import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebooks_are_kept_without_outputs(file: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert not [cell for cell in cells if cell.outputs or cell.execution_count]


@pytest.fixture(scope="module")
def project(finished: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished project once more, for a notebook's run leaves a run in MLflow."""
    folder = tmp_path_factory.mktemp("notebooks") / "project"
    return Path(shutil.copytree(finished.project.folder, folder))


def executed(name: str, project: Path) -> list[Any]:
    """What the cells of a notebook printed and showed, but for what went to standard error."""
    (file,) = (file for file in NOTEBOOKS if file.name.startswith(name))
    notebook = nbformat.read(file, as_version=4)
    place = {"metadata": {"path": str(project)}}
    NotebookClient(notebook, timeout=900, resources=place).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    return [output for output in outputs if output.get("name") != "stderr"]


def text_of(outputs: list[Any]) -> str:
    return "\n".join(
        output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs
    )


def pictures_of(outputs: list[Any]) -> list[str]:
    return [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]


@pytest.mark.slow
def test_a_first_run(project: Path) -> None:
    outputs = executed("1_", project)
    text = text_of(outputs)
    for told in ("bm25", "encoder_2", "test queries", "drawn ", "report.html", "asyncio."):
        assert told in text, told
    assert len(pictures_of(outputs)) == 1


@pytest.mark.slow
def test_the_triangle(project: Path) -> None:
    outputs = executed("2_", project)
    (picture,) = pictures_of(outputs)
    assert len(picture) > 20_000
    assert "tri-product" in text_of(outputs)


@pytest.mark.slow
def test_your_data_and_sampler(project: Path) -> None:
    text = text_of(executed("3_", project))
    assert "train.tsv:2: the document id 'd99' is not in corpus.jsonl" in text
    assert "just-below" in text
    assert "nodes would run" in text
