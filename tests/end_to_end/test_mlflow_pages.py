"""MLflow's pages in a browser: what they show of a finished comparison and of a model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from end_to_end.browser import in_a_browser
from end_to_end.conftest import FinishedRun
from end_to_end.mlflow_pages import MlflowPages, opened
from end_to_end.project import Project
from trisampler.registry import Registry
from trisampler.registry.gate import Decision
from trisampler.registry.registration import Release, SourceRun, register

pytestmark = [pytest.mark.slow, in_a_browser]
MODEL = "trisampler-smoke"


@dataclass(frozen=True)
class Looked:
    """The pages, and what MLflow's client tells of the same runs."""

    pages: MlflowPages
    project: Project
    parent: Any
    cells: dict[str, Any]

    @property
    def at(self) -> tuple[str, str]:
        return self.parent.info.experiment_id, self.parent.info.run_id


def add_versions(registry: Registry, finished: FinishedRun, run: SourceRun) -> None:
    """The bundle of the finished run as champion, and a challenger that was refused."""
    told = finished.project.path("08_reporting/promotion.json").read_text()
    decision = Decision.model_validate_json(told)
    assert decision.incumbent.candidate
    bundle = finished.project.path("06_models/bundle")
    register(registry, Release(bundle, decision.incumbent.candidate, decision), run)
    champion = registry.version(1)
    assert champion.model_id
    text = "Refused: it is not shown\n\n```\npromotion gate\n--------------\nverdict  refused\n```"
    registry.add(champion.model_id, run.run_id, {"gate": "refused"}, text)


@pytest.fixture(scope="module")
def looked(
    compared: FinishedRun, finished: FinishedRun, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Looked]:
    """One server and one browser: of the comparison, with a model registered beside it."""
    database = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    shutil.copy(compared.project.folder / "mlflow.db", database)
    registry = Registry(f"sqlite:///{database}", MODEL)
    experiment = registry.client.get_experiment_by_name("trisampler")
    assert experiment is not None
    runs = registry.client.search_runs([experiment.experiment_id])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    first = min(parents, key=lambda run: run.info.start_time)
    inside = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == first.info.run_id]
    add_versions(registry, finished, SourceRun(experiment.experiment_id, first.info.run_id))
    with opened(database) as pages:
        yield Looked(pages, compared.project, first, {run.info.run_name: run for run in inside})


def test_cells_stand_inside_the_run_of_their_comparison(looked: Looked) -> None:
    names = looked.pages.runs(*looked.at)
    place = names.index(looked.parent.info.run_name)
    assert names[place].startswith("comparison of smoke, ")
    inside = names[place + 1 : place + 1 + len(looked.cells)]
    assert inside == sorted(looked.cells)
    assert len(inside) == 6


def test_the_page_of_a_comparison_begins_with_its_results(looked: Looked) -> None:
    told = looked.pages.overview(*looked.at)
    table = looked.parent.data.tags["mlflow.note.content"]
    assert "| in-batch | 2 |" in table
    shown = told[told.index("Description") : told.index("Metrics (")]
    for line in table.splitlines():
        cells = [cell.strip(" -:") for cell in line.removeprefix("- ").split(" | ")]
        assert all(cell.strip("| ") in shown for cell in cells), line
    assert "kedro run --env smoke --pipelines comparison" in told
    for cell in looked.cells:
        assert cell in told


def test_a_data_set_says_what_is_in_it(looked: Looked) -> None:
    looked.pages.overview(*looked.at)
    told = looked.pages.dataset("train_judgements")
    rows = looked.project.table("03_primary/train_judgements.parquet").height
    assert f"num rows: {rows}" in told.replace("\n", " ")
    for column in ("query_id", "doc_id", "relevance"):
        assert column in told


def test_a_metric_with_steps_is_a_line(looked: Looked) -> None:
    experiment, _ = looked.at
    cell = looked.cells["tri.seed_1"]
    assert looked.pages.chart(experiment, cell.info.run_id, "loss") == cell.data.metrics["steps"]


def test_learning_curves_of_cells_share_a_chart(looked: Looked) -> None:
    experiment, _ = looked.at
    names = ["tri.seed_1", "in-batch.seed_1"]
    runs = [looked.cells[name].info.run_id for name in names]
    assert looked.pages.compared(experiment, runs, "dev_nDCG_at_10") == [3, 3]
    for name in names:
        assert f"{name} (dev_nDCG_at_10)" in looked.pages.text()


def test_the_report_is_read_in_place(looked: Looked) -> None:
    frame = looked.pages.artifact(*looked.at, "reporting/comparison.html")
    report = frame.element_handle().content_frame()
    assert "smoke: comparison of samplers" in report.inner_text("h1")
    told = report.inner_text("body")
    for words in ("in-batch", "top-k", "tri", "Learning curves", "Holm"):
        assert words in told
    widths = report.eval_on_selector_all("img", "images => images.map(each => each.naturalWidth)")
    assert len(widths) == 2
    assert min(widths) > 500
    styled = report.eval_on_selector("body", "body => getComputedStyle(body).maxWidth")
    assert styled != "none"


def test_a_plot_is_seen_in_place(looked: Looked) -> None:
    plot = looked.pages.artifact(*looked.at, "reporting/comparison_curves.png")
    assert plot.evaluate("image => image.naturalWidth") > 500
    assert plot.evaluate("image => image.getBoundingClientRect().width") > 300


def test_versions_of_a_model_have_aliases_and_say_why(looked: Looked) -> None:
    challenger, champion = looked.pages.model(MODEL)
    for row, number, alias in ((challenger, 2, "challenger"), (champion, 1, "champion")):
        assert row.startswith(f"Version {number}\n")
        assert f"@ {alias}" in row.replace("\xa0", " ")
    assert "Refused: " in challenger
    assert "Promoted: " in champion
    assert f"models:/{MODEL}@champion" in looked.pages.text()


def test_a_version_shows_the_table_of_the_gate(looked: Looked, finished: FinishedRun) -> None:
    table = finished.project.path("08_reporting/promotion.txt").read_text()
    assert table.strip() in looked.pages.version(MODEL, 1)


def test_the_browser_complained_of_nothing(looked: Looked) -> None:
    """Last: of all pages above."""
    assert looked.pages.errors == []
