"""Whole sources damaged at random, by bytes and by structure: read with all promises, or refused.

Deterministic: the same damages on every machine.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.sources import FORMS
from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.errors import SourceError
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import SourceSettings

BYTES = [
    *(b"\0", b"\n", b"\r", b"\t", b" ", b'"', b"{", b"[", b"}", b"]", b",", b"<", b">", b"\\"),
    *(b"\xff", b"\xc3", b"\x1f\x8b", b"\xef\xbb\xbf", b"\xff\xfe", "\u2028".encode(), b"\x85"),
    *(b"1e999", b"-1", b"NaN", b"null", b"9" * 5000, b"\\ud800", b"\\u0000", b"<DOC>", b'""'),
]
VALUES: list[Any] = [
    *(None, True, 0, -7, 1.5, float("nan"), float("inf"), 10**30),
    *("", " ", "d1", "q1", "a b", "\ud800", "\0", "x" * 3000, [], [[]], ["d1"], {}, {"text": "x"}),
]

places = st.floats(0, 1, exclude_max=True)
changes = st.lists(
    st.one_of(
        st.tuples(st.just("put"), places, places, st.sampled_from(BYTES)),
        st.tuples(st.just("replace"), places, places, st.sampled_from(BYTES)),
        st.tuples(st.just("cut"), places, places, st.none()),
        st.tuples(st.just("drop line"), places, places, st.none()),
        st.tuples(st.just("repeat line"), places, places, st.none()),
        st.tuples(st.just("swap lines"), places, places, places),
        st.tuples(st.just("value"), places, places, st.sampled_from(VALUES)),
        st.tuples(st.just("field"), places, places, st.sampled_from([b"", b" ", b"q1", b"d1"])),
        st.tuples(st.just("file"), places, places, st.sampled_from(["none", "empty", "folder"])),
    ),
    min_size=1,
    max_size=3,
)


def damage(folder: Path, kind: str, file: float, place: float, what: Any) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        return
    path = files[int(file * len(files))]
    content = path.read_bytes()
    at = int(place * len(content))
    lines = content.splitlines(keepends=True) or [b""]
    number = int(place * len(lines))
    if kind == "put":
        content = content[:at] + what + content[at:]
    elif kind == "replace":
        content = content[:at] + what + content[at + len(what) :]
    elif kind == "cut":
        content = content[:at]
    elif kind == "value":
        content = b"".join([*lines[:number], changed_json(lines[number], place, what)])
        content += b"".join(lines[number + 1 :])
    elif kind == "file":
        path.unlink()
        if what == "folder":
            path.mkdir()
        if what != "empty":
            return
        content = b""
    else:
        content = b"".join(changed_lines(lines, kind, number, what))
    path.write_bytes(content)


def changed_lines(lines: list[bytes], kind: str, number: int, what: Any) -> list[bytes]:
    line = lines[number]
    if kind == "drop line":
        return [*lines[:number], *lines[number + 1 :]]
    if kind == "repeat line":
        return [*lines, line]
    if kind == "field":
        separator = next((mark for mark in (b"\t", b",", b" ") if mark in line), b"\t")
        fields = line.split(separator)
        fields[number % len(fields)] = what
        return [*lines[:number], separator.join(fields), *lines[number + 1 :]]
    other = int(what * len(lines))
    lines[number], lines[other] = lines[other], line
    return lines


def changed_json(line: bytes, place: float, value: Any) -> bytes:
    """The line with one of the values in its JSON replaced."""
    try:
        tree = json.loads(line)
    except ValueError:
        return line
    slots = list(slots_of(tree))
    if not slots:
        return line
    holder, key = slots[int(place * 7919) % len(slots)]
    holder[key] = value
    return json.dumps(tree).encode() + b"\n"


def slots_of(tree: Any) -> Iterator[tuple[Any, Any]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        yield tree, key
        if isinstance(value, dict | list):
            yield from slots_of(value)


def check_promises(collection: Collection) -> None:
    corpus, queries = collection.corpus, collection.queries
    assert corpus["doc_id"].is_sorted()
    assert corpus["doc_id"].is_unique().all()
    assert queries["query_id"].is_unique().all()
    texts = [normalize_query(text) for text in queries["text"]]
    assert all(texts)
    assert len(set(texts)) == len(texts)
    judged: set[str] = set()
    for split in SPLITS:
        table = collection.judgements(split)
        assert set(table["query_id"]) <= set(queries["query_id"])
        assert set(table["doc_id"]) <= set(corpus["doc_id"])
        assert not judged & set(table["query_id"])
        judged |= set(table["query_id"])
    assert judged == set(queries["query_id"])
    assert (collection.train_judgements["relevance"] > 0).any()
    json.dumps(collection.report, allow_nan=False)


def read_or_refused(form: str, damages: list[tuple[str, float, float, Any]]) -> None:
    root = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        folder = FORMS[form](root / "source")
        for each in damages:
            damage(folder, *each)
        source = SourceSettings.model_validate({"path": str(folder), "format": form})
        try:
            collection = read_collection(source, seed=0)
        except SourceError as error:
            message = str(error)
            assert str(folder) in message
            assert len(message) < 1000
            message.encode()
        else:
            check_promises(collection)
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize("form", FORMS)
def test_undamaged_it_is_read(form: str) -> None:
    read_or_refused(form, [])
    # It is no refusal that keeps the promises.
    with tempfile.TemporaryDirectory() as name:
        folder = FORMS[form](Path(name) / "source")
        assert read_collection(SourceSettings(path=str(folder)), seed=0).report["format"] == form


def bounded(examples: int) -> Any:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("form", FORMS)
@bounded(40)
@given(damages=changes)
def test_damaged_it_is_read_or_refused(
    form: str, damages: list[tuple[str, float, float, Any]]
) -> None:
    read_or_refused(form, damages)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@bounded(400)
@given(damages=changes)
def test_damaged_in_many_more_ways(form: str, damages: list[tuple[str, float, float, Any]]) -> None:
    read_or_refused(form, damages)
