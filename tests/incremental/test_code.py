"""Which code counts for which stage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trisampler.incremental import code


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of four modules in place of ours."""
    root = tmp_path / "fieldwork"
    (root / "deep").mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "deep" / "__init__.py").write_text("START = 1\n")
    (root / "nodes.py").write_text(
        "from fieldwork import direct\n\ndef node():\n    from fieldwork.deep.inner import value\n"
    )
    (root / "direct.py").write_text("import json\n")
    (root / "deep" / "inner.py").write_text("value = 1\n")
    (root / "apart.py").write_text("value = 1\n")
    monkeypatch.setattr(code, "_ROOT", root)
    yield root
    clear()


def clear() -> None:
    for cached in (code._source_of_ours, code._tree, code._imports, code._tree_digest):
        cached.cache_clear()


def digest(package: Path) -> str:
    clear()

    def node() -> None: ...

    node.__module__ = "fieldwork.nodes"
    return code.code_digest(node)


def test_imports_at_the_top_and_inside_functions_count(package: Path) -> None:
    digest(package)
    assert code.reachable_modules("fieldwork.nodes") == {
        "fieldwork.nodes",
        "fieldwork.direct",
        "fieldwork.deep",
        "fieldwork.deep.inner",
    }


@pytest.mark.parametrize("file", ["nodes.py", "direct.py", "deep/inner.py", "deep/__init__.py"])
def test_a_change_in_reachable_code_changes_the_digest(package: Path, file: str) -> None:
    before = digest(package)
    path = package / file
    path.write_text(path.read_text() + "\nMORE = 2\n")
    assert digest(package) != before


def test_code_that_cannot_be_reached_does_not_count(package: Path) -> None:
    before = digest(package)
    (package / "apart.py").write_text("value = 2\n")
    assert digest(package) == before


def test_where_work_is_done_does_not_count_nor_what_it_alone_imports(package: Path) -> None:
    (package / "cluster").mkdir()
    (package / "cluster" / "__init__.py").write_text("")
    (package / "cluster" / "workers.py").write_text("from fieldwork import apart\n")
    (package / "direct.py").write_text("from fieldwork.cluster.workers import x\n")
    before = digest(package)
    for file in ("cluster/workers.py", "cluster/__init__.py", "apart.py"):
        (package / file).write_text((package / file).read_text() + "\nMORE = 2\n")
        assert digest(package) == before, file


def test_comments_formatting_and_docstrings_do_not_count(package: Path) -> None:
    before = digest(package)
    path = package / "deep" / "inner.py"
    path.write_text('"""What it is."""\n\n# why\nvalue  =  1\n')
    assert digest(package) == before


def test_templates_beside_a_reachable_package_count(package: Path) -> None:
    (package / "deep" / "page.j2").write_text("one")
    before = digest(package)
    (package / "deep" / "page.j2").write_text("two")
    assert digest(package) != before
