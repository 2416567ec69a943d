"""What a new bundle changed, against plain dictionaries."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from release.conftest import Workshop, corpus_of
from trisampler.release.changes import Contents, find_changes
from trisampler.release.former import FormerBundle

corpora = st.dictionaries(
    st.integers(0, 12).map(str), st.integers(0, 5).map(lambda n: bytes([n] * 16))
)


def contents(texts: dict[str, bytes], fingerprint: str = "f") -> Contents:
    table = pl.DataFrame(
        {"doc_id": sorted(texts), "digest": [texts[doc_id] for doc_id in sorted(texts)]},
        schema={"doc_id": pl.String, "digest": pl.Binary},
    )
    return Contents(fingerprint, table)


@settings(deadline=None)
@given(corpora, corpora, st.booleans())
def test_changes_are_those_of_plain_dictionaries(
    before: dict[str, bytes], now: dict[str, bytes], same_encoder: bool
) -> None:
    found = find_changes(contents(before), contents(now, "f" if same_encoder else "g"))
    edited = sorted(each for each in now.keys() & before.keys() if now[each] != before[each])
    assert found.documents_before == len(before)
    assert found.added == len(now.keys() - before.keys())
    assert found.removed == len(before.keys() - now.keys())
    assert found.edited == len(edited)
    assert found.examples["edited"] == edited[:5]
    known = set(before.values()) if same_encoder else set()
    assert found.new_vectors == len(set(now.values()) - known)


@given(corpora)
def test_without_a_former_bundle_everything_is_new(now: dict[str, bytes]) -> None:
    found = find_changes(None, contents(now))
    assert found.documents_before is None
    assert (found.added, found.edited, found.removed) == (len(now), 0, 0)
    assert found.new_vectors == len(set(now.values()))


def test_a_bundle_written_again_tells_the_same_change(workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    workshop.make(folder, corpus_of(range(30)))
    changed = corpus_of([*range(1, 30), 40, 41], edited=frozenset([7]))
    manifests = []
    for _ in range(2):
        workshop.make(folder, changed)
        manifests.append((folder / "manifest.json").read_bytes())
    assert manifests[0] == manifests[1]
    former = FormerBundle.read(folder)
    assert former is not None
    told = former.changes
    assert (told.documents_before, told.added, told.edited, told.removed) == (30, 2, 1, 1)
    assert told.new_vectors == 3
    assert told.examples == {"added": ["d040", "d041"], "edited": ["d007"], "removed": ["d000"]}


def test_another_encoder_makes_every_vector_new(workshop: Workshop, tmp_path: Path) -> None:
    workshop.make(tmp_path / "bundle", corpus_of(range(30)))
    former = FormerBundle.read(tmp_path / "bundle")
    told = workshop.parts(corpus_of(range(30)), "untrained:1", former).changes
    assert (told.added, told.edited, told.removed, told.new_vectors) == (0, 0, 0, 30)
