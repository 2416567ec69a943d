"""CITATION.cff has what the Citation File Format 1.2.0 requires."""

from __future__ import annotations

from pathlib import Path

import yaml

CITATION = yaml.safe_load((Path(__file__).parents[1] / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_required_keys_are_there():
    assert CITATION["cff-version"] == "1.2.0"
    assert {"authors", "message", "title"} <= CITATION.keys()


def test_every_author_has_a_name():
    authors = [*CITATION["authors"], *CITATION["preferred-citation"]["authors"]]
    assert authors
    assert all(author.get("name") or author.get("family-names") for author in authors)
