"""The site, built as `make docs` builds it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LOADS = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}


class Page(HTMLParser):
    """What a page loads, links to, and can be linked to by."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if given.get(LOADS.get(tag, "")):
            self.loaded.append(given[LOADS[tag]])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {file: Page(file) for file in sorted(site.rglob("*.html"))}


@pytest.mark.slow
def test_every_page_is_built(site):
    sources = {file.relative_to(DOCS).with_suffix(".html") for file in DOCS.rglob("*.md")}
    assert {site / name for name in sources} <= set(site.rglob("*.html"))


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site, pages):
    loaded = {address for page in pages.values() for address in page.loaded}
    assert not [address for address in loaded if urlsplit(address).netloc]
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:@import\s+|url\()[\"']?(?:https?:)?//", sheet.read_text()), sheet
    # The theme fetches this library for such diagrams.
    assert not [file for file in pages if 'class="mermaid"' in file.read_text(encoding="utf-8")]


@pytest.mark.slow
def test_no_link_is_broken(site, pages):
    broken = []
    for file, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or file.name == "404.html":
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            known = pages[target].anchors if target in pages else set()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in known):
                broken.append(f"{file.relative_to(site)}: {link}")
    assert not broken


@pytest.mark.slow
def test_no_place_of_this_machine_is_told(site):
    places = [str(ROOT), str(Path.home()), str(site), sys.prefix]
    files = [file for file in site.rglob("*") if file.suffix in (".html", ".json", ".xml", ".js")]
    told = [
        f"{file.relative_to(site)}: {place}"
        for file in files
        for place in places
        if place != "/" and f"{place}/" in file.read_text(encoding="utf-8")
    ]
    assert not told


@pytest.mark.slow
def test_every_parameter_and_sampler_has_its_row(site):
    from trisampler.negatives import SAMPLERS
    from trisampler.parameters import Parameters

    text = (site / "parameters.html").read_text(encoding="utf-8")
    for name, group in Parameters.model_fields.items():
        for leaf in getattr(group.annotation, "model_fields", [name]):
            assert f"<code>{leaf}" in text, f"{name}.{leaf}"
    assert "generated:" not in text
    listed = (site / "samplers.html").read_text(encoding="utf-8")
    assert all(f"<code>{name}</code>" in listed for name in SAMPLERS)


def test_links_of_the_readme_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]


def test_the_figures_are_drawn_by_their_script(tmp_path):
    subprocess.run([sys.executable, DOCS / "figures.py", tmp_path], check=True)
    drawn = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert drawn.keys() == {file.name for file in (DOCS / "figures").glob("*.png")}
    assert max(drawn.values()) < 250_000
