"""A built lineage in headless Chromium, as one who reads it clicks through it.

`python -m end_to_end.lineage_page BUILD DOCS`, in `tests/`, takes the pictures of docs/lineage.md.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from end_to_end.browser import blank_page, take_picture

_DRAWN = 1500  # milliseconds that the drawing of a change takes


class LineagePage:
    """What is on the page, and what can be clicked."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def boxes(self) -> set[str]:
        """Labels of all nodes, datasets and namespaces that are drawn."""
        return set(self._page.locator(".pipeline-node").all_text_contents())

    def layers(self) -> list[str]:
        """Names of the layers, from the top."""
        return list(self._page.locator(".pipeline-layer-name").all_text_contents())

    def open_or_close(self, namespace: str) -> None:
        """As the arrow beside its name does."""
        item = self._row(namespace).locator("xpath=ancestor::li[1]")
        item.locator(".MuiTreeItem-iconContainer").first.click()
        self._page.wait_for_timeout(_DRAWN)

    def choose(self, dataset: str) -> Any:
        """Click a dataset; the panel that tells of it."""
        self._row(dataset).click()
        self._page.wait_for_timeout(_DRAWN)
        return self._page.locator(".pipeline-metadata")

    def close_the_map(self) -> None:
        """The small map in the corner, which lies over the names of the last layers."""
        self._page.locator(".pipeline-minimap-button--map").click()
        self._page.mouse.move(700, 1)
        self._page.wait_for_timeout(_DRAWN)

    def picture(self, path: Path) -> None:
        take_picture(self._page, path)

    def _row(self, name: str) -> Any:
        return self._page.locator(f"[data-test='node-list-tree-item--row--{name}']").first


@contextmanager
def opened(
    build: Path, *, focused: str = "", width: int = 1400, height: int = 1000
) -> Iterator[LineagePage]:
    """What `kedro viz build` made, served on loopback; nothing beyond it is asked for anything.

    Args:
        build: The folder.
        focused: A namespace that alone is shown; else all are.
        width: Of the window, in pixels.
        height: The same.
    """
    handler = partial(_Quiet, directory=str(build))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    try:
        with blank_page(address, width=width, height=height) as page:
            page.goto(f"{address}?pid=__default__" + (f"&fid={focused}" if focused else ""))
            page.wait_for_selector(".pipeline-node")
            page.locator(".feature-hints__close").click()
            page.locator("[data-test='global-toolbar-theme-btn-dark']").click()
            page.mouse.move(width / 2, 1)
            page.wait_for_selector(".feature-hints", state="detached")
            page.wait_for_timeout(_DRAWN)
            yield LineagePage(page)
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def take_pictures(build: Path, docs: Path) -> None:
    with opened(build, width=1500, height=1300) as lineage:
        lineage.close_the_map()
        lineage.picture(docs / "dag.png")
    with opened(build, focused="round_1", width=1500, height=900) as lineage:
        lineage.open_or_close("round_1")
        lineage.close_the_map()
        lineage.picture(docs / "lineage_round.png")
    with opened(build) as lineage:
        for dataset in ("metrics", "round_1.negatives", "metrics_plot"):
            lineage.choose(dataset)
            lineage.picture(docs / f"lineage_{dataset.rpartition('.')[2]}.png")


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]), Path(sys.argv[2]))
