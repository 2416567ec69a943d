"""Headless Chromium on a server of this machine; nothing beyond it is asked for anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
_PATIENCE = 120_000  # milliseconds: pages are slow on a machine that has other work


@contextmanager
def blank_page(
    address: str, *, width: int, height: int, remembered: Mapping[str, str] | None = None
) -> Iterator[Any]:
    """A page of a new browser that has visited nothing yet.

    Args:
        address: All that it may ask, with a slash at the end.
        width: Of the window, in pixels.
        height: The same.
        remembered: What the browser's local storage holds from the start.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        storage = [{"name": name, "value": value} for name, value in (remembered or {}).items()]
        page = browser.new_page(
            viewport={"width": width, "height": height},
            storage_state={"origins": [{"origin": address.rstrip("/"), "localStorage": storage}]},
        )
        page.set_default_timeout(_PATIENCE)
        page.route("**/*", partial(_only, address))
        yield page
        browser.close()


def take_picture(page: Any, path: Path, height: int | None = None) -> None:
    """What the window shows, or the upper part of it, as PNG."""
    from PIL import Image

    # As sharp with a palette, and less than half the size.
    shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
    upper = shot.crop((0, 0, shot.width, height or shot.height))
    upper.quantize(256).save(path, optimize=True)


def _only(address: str, route: Any) -> None:
    if route.request.url.startswith((address, "data:", "blob:")):
        route.continue_()
    else:
        route.abort()
