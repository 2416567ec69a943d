"""The pages as a code host shows them: nothing is made from the code there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)[^`].*?\1")
LINK = re.compile(r"\]\(([^)\s]+)\)")
SOURCE_LINK = re.compile(r"\[`(\w+)`\]\((\.\./src/[\w/]+\.py)\)")


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Of its headings, as a code host makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_committed_tables_are_those_of_the_code(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    from generated import with_generated

    for name in ("parameters", "samplers"):
        text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
        assert text.count("\n|") > 10
        assert with_generated(text) == text, (
            f"docs/{name}.md is not what the code says: run `python docs/generated.py`"
        )


def test_tables_that_are_out_of_date_are_refreshed(tmp_path):
    page = tmp_path / "samplers.md"
    page.write_text("# A\n\n<!-- generated: samplers -->\n| old |\n<!-- end: samplers -->\n\nB\n")
    (tmp_path / "generated.py").write_text((DOCS / "generated.py").read_text())
    subprocess.run([sys.executable, tmp_path / "generated.py"], check=True)
    text = page.read_text()
    assert "| old |" not in text
    assert text.count("| `tri` |") == 1
    assert text.startswith("# A\n\n<!-- generated: samplers -->\n")
    assert text.endswith("\n<!-- end: samplers -->\n\nB\n")


def test_every_parameter_of_a_sampler_is_explained():
    import inspect

    from trisampler.negatives import SAMPLERS

    text = (DOCS / "samplers.md").read_text(encoding="utf-8")
    for name, build in SAMPLERS.items():
        for parameter in inspect.signature(build).parameters:
            assert re.search(rf"^\| `{parameter}` \|.*`{name}`.*\| \w", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    text = CODE.sub("", prose(page))
    assert "][" not in text, "a reference that only the site knows: link to the source file"
    for link in LINK.findall(text):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = page.parent / parts.path if parts.path else page
        assert target.exists(), link
        assert not parts.fragment or parts.fragment in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_a_source_file_names_what_it_defines(page: Path):
    for name, path in SOURCE_LINK.findall(page.read_text(encoding="utf-8")):
        source = (page.parent / path).read_text(encoding="utf-8")
        assert re.search(rf"^(?:def|class) {name}\b", source, re.MULTILINE), f"{name} in {path}"
