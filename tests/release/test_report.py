"""What is said of a release."""

from __future__ import annotations

from pathlib import Path

from release.conftest import Workshop, corpus_of
from trisampler.release.former import FormerBundle
from trisampler.release.report import release_report, release_text


def test_the_first_and_a_later_release(workshop: Workshop, tmp_path: Path) -> None:
    first = release_report(workshop.parts(corpus_of(range(30))))
    assert release_text(first) == "bundle of 30 documents, the first"
    folder = workshop.make(tmp_path / "bundle", corpus_of(range(30)))
    changed = corpus_of(range(1, 40), edited=frozenset([7, 8]))
    later = release_report(workshop.parts(changed, former=FormerBundle.read(folder)))
    assert later["documents"] == 39
    assert later["index"]["factory"] == "exact"
    assert release_text(later) == (
        "bundle of 39 documents; last change: 10 added, 2 edited, 1 removed; 12 new vectors"
    )
