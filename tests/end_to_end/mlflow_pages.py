"""MLflow's pages in headless Chromium, as one who looks for a run's results clicks through them.

`python -m end_to_end.mlflow_pages PROJECT DOCS`, in `tests/`, takes the pictures of docs/mlflow.md,
of a project with a comparison and two versions of its model.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from end_to_end.browser import blank_page, take_picture
from end_to_end.mlflow_server import mlflow_ui

# What the browser of someone who has been there before remembers.
_REMEMBERED = {
    "mlflow.workflowType_v1": '"machine_learning"',
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
}
_RENAME = """([folder, name]) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(folder, name);
}"""
_IMAGE = "img[src^='blob:'], img[src^='data:']"
_DRAWN = 2500  # milliseconds that the drawing of a change takes


class MlflowPages:
    """What is on the pages, and what can be clicked.

    Attributes:
        errors: What the browser complained of that is not the pages' own doing.
    """

    def __init__(self, page: Any, address: str) -> None:
        self._page = page
        self._address = address
        self.errors: list[str] = []
        page.on("console", self._note)

    def runs(self, experiment: str, parent: str) -> list[str]:
        """The table of runs with those inside `parent` shown; the names, from the top."""
        self._go(f"experiments/{experiment}/runs", f"a[href*='{parent}']")
        row = self._page.locator(".ag-row", has=self._page.locator(f"a[href*='{parent}']"))
        before = self._page.locator(".ag-row a[href*='/runs/']").count()
        row.locator("button").first.click()
        self._page.locator(".ag-row a[href*='/runs/']").nth(before).wait_for()
        self._page.wait_for_timeout(_DRAWN)
        links = self._page.locator(".ag-row a[href*='/runs/']")
        places = links.evaluate_all(
            "links => links.map(link => [link.getBoundingClientRect().top, link.textContent])"
        )
        return [name for _, name in sorted(places)]

    def overview(self, experiment: str, run: str) -> str:
        """What a run's own page says."""
        self._go(f"experiments/{experiment}/runs/{run}", "text=Parameters (")
        if self._page.get_by_text("Show more").count():
            self._page.get_by_text("Show more").first.click()
            self._page.wait_for_timeout(_DRAWN)
        return str(self._page.locator("main").inner_text())

    def dataset(self, name: str) -> str:
        """What a data set's panel says, from the run's own page; the panel stays open."""
        self._page.get_by_text("corpus (").first.click()
        panel = self._page.get_by_role("dialog")
        panel.get_by_text(f"{name} (").first.click()
        panel.get_by_role("heading", name=name).or_(panel.get_by_text("num rows")).first.wait_for()
        self._page.wait_for_timeout(_DRAWN)
        return str(panel.inner_text())

    def chart(self, experiment: str, run: str, metric: str) -> int:
        """How many points the line of a metric has, among the charts of a run."""
        self._go(
            f"experiments/{experiment}/runs/{run}/model-metrics",
            "[placeholder='Search metric charts']",
        )
        self._page.get_by_placeholder("Search metric charts").fill(metric)
        self._page.locator("path.js-line").first.wait_for(state="attached")
        self._page.wait_for_timeout(_DRAWN)
        return self._points()[0]

    def compared(self, experiment: str, runs: list[str], metric: str) -> list[int]:
        """How many points each run's line has where the metric of several is drawn as one chart."""
        asked = {
            "runs": json.dumps(runs),
            "metric": json.dumps(metric),
            "experiments": json.dumps([experiment]),
            "plot_metric_keys": json.dumps([metric]),
            "plot_layout": json.dumps({"autosize": True, "xaxis": {}, "yaxis": {}}),
            "x_axis": "step",
        }
        self._go(f"metric?{urlencode(asked)}", "path.js-line")
        self._page.wait_for_timeout(_DRAWN)
        return self._points()

    def text(self) -> str:
        return str(self._page.locator("main").inner_text())

    def artifact(self, experiment: str, run: str, path: str) -> Any:
        """Open a page or an image in place; the element that shows it, once it is there."""
        shown = "iframe" if path.endswith(".html") else _IMAGE
        self._go(f"experiments/{experiment}/runs/{run}/artifacts/{path}", shown)
        self._page.wait_for_timeout(_DRAWN)
        return self._page.locator(shown).first

    def model(self, name: str) -> list[str]:
        """The page of a registered model; what its list says of each version, the newest first."""
        self._go(f"models/{name}", "text=Version 1")
        self._page.wait_for_timeout(_DRAWN)
        rows = self._page.locator("[role='row']", has=self._page.get_by_text("Version "))
        return [str(text) for text in rows.all_inner_texts() if "Registered at" not in text]

    def version(self, name: str, number: int) -> str:
        """What the page of a version says."""
        self._go(f"models/{name}/versions/{number}", "text=promotion gate")
        return self.text()

    def picture(self, path: Path, height: int, folder: Path) -> None:
        """Of the upper part of the window, with another name for the project's folder."""
        self._page.mouse.move(900, 985)
        self._page.evaluate(_RENAME, [str(folder), "/home/me/trisampler"])
        self._page.wait_for_timeout(_DRAWN)
        take_picture(self._page, path, height)

    def _points(self) -> list[int]:
        # Each line is drawn over once more, wider and unseen, for the mouse to meet.
        lines = self._page.locator("path.js-line").evaluate_all(
            "lines => lines.map(line => line.getAttribute('d'))"
        )
        return [line.count("L") + 1 for line in dict.fromkeys(lines)]

    def _go(self, place: str, shown: str) -> None:
        # From elsewhere, as by a link: from one page of it to another it keeps what it has.
        self._page.goto("about:blank")
        self._page.goto(f"{self._address}#/{place}")
        self._page.locator(shown).first.wait_for()

    def _note(self, message: Any) -> None:
        where = message.location.get("url", "")
        own = (f"{self._address}static-files/", f"{self._address}ajax-api/2.0/mlflow/users/")
        if message.type == "error" and not where.startswith(own):
            self.errors.append(f"{message.text} ({where})")


@contextmanager
def opened(database: Path) -> Iterator[MlflowPages]:
    """The pages of what a project's database has tracked, of a copy of it."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(shutil.copy(database, folder))
        with (
            mlflow_ui(copied) as address,
            blank_page(address, width=1400, height=1000, remembered=_REMEMBERED) as page,
        ):
            yield MlflowPages(page, address)


def take_pictures(project: Path, docs: Path) -> None:
    from mlflow import MlflowClient

    database = project / "mlflow.db"
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("trisampler")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    ids = {run.info.run_name: run.info.run_id for run in runs}
    cells = [ids[f"{sampler}.seed_1"] for sampler in ("in-batch", "top-k", "tri")]
    (parent,) = (run_id for name, run_id in ids.items() if name.startswith("comparison of "))
    (model,) = (each.name for each in client.search_registered_models())
    at = (experiment.experiment_id, parent)
    with opened(database) as pages:

        def picture(name: str, height: int) -> None:
            pages.picture(docs / f"mlflow_{name}.png", height, project.resolve())

        pages.runs(*at)
        picture("runs", 580)
        pages.overview(*at)
        picture("run", 700)
        pages.dataset("train_judgements")
        picture("data", 400)
        pages.compared(at[0], cells, "dev_nDCG_at_10")
        picture("curves", 700)
        pages.artifact(*at, "reporting/comparison.html")
        picture("report", 900)
        pages.artifact(*at, "reporting/comparison_curves.png")
        picture("plot", 700)
        pages.model(model)
        picture("model", 960)
        pages.version(model, 2)
        picture("version", 600)


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]), Path(sys.argv[2]))
