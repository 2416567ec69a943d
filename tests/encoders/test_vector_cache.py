"""The cache gives back what was put in, and nothing else, whatever happened to its files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.encoders.errors import VectorCacheError
from trisampler.encoders.store_check import unchanged_since_check
from trisampler.encoders.store_format import COMMITS, DIGESTS, HEADER, VECTORS, Header
from trisampler.encoders.vector_cache import VectorCache
from trisampler.hashing import digest_text

HALF = Header("a" * 64, 3, "float16")
FULL = Header("a" * 64, 3, "float32")


def digests_of(texts: list[str]) -> np.ndarray:
    return np.array([digest_text(text) for text in texts], dtype="S16")


def append(cache: VectorCache, header: Header, texts: list[str], first: float = 0.0) -> None:
    rows = np.arange(len(texts))[:, None] + first
    with cache.writing(header) as writer:
        writer.append(digests_of(texts), rows + np.zeros((1, header.dimension)))


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    return VectorCache(tmp_path / "cache")


@settings(deadline=None, max_examples=25)
@given(
    chunks=st.lists(st.lists(st.integers(0, 60), max_size=6), max_size=6),
    tails=st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=40)), max_size=6),
    storage=st.sampled_from(["float32", "float16"]),
)
def test_any_sequence_of_appends_and_crashes_is_looked_up_right(
    tmp_path_factory: pytest.TempPathFactory,
    chunks: list[list[int]],
    tails: list[tuple[bytes, bytes]],
    storage: str,
) -> None:
    header = replace(FULL, storage=storage)
    cache = VectorCache(tmp_path_factory.mktemp("cache"))
    expected: dict[str, float] = {}
    for step, numbers in enumerate(chunks):
        new = [text for text in dict.fromkeys(map(str, numbers)) if text not in expected]
        append(cache, header, new, first=len(expected))
        expected |= {text: len(expected) + row for row, text in enumerate(new)}
        if step < len(tails):  # a crash in the middle of the next append
            for name, tail in zip((VECTORS, DIGESTS), tails[step], strict=True):
                with (cache.store_folder(header) / name).open("ab") as file:
                    file.write(tail)
        store = cache.open(header)
        assert len(store) == len(expected)
        rows = store.lookup(digests_of(list(expected)))
        np.testing.assert_array_equal(store.vectors_ND[rows][:, 0], list(expected.values()))
        assert store.lookup(digests_of(["never put in"])).tolist() == [-1]


@pytest.mark.parametrize("kept", [0, 1, 30, 55])
def test_a_commit_torn_at_any_byte_never_was(cache: VectorCache, kept: int) -> None:
    append(cache, FULL, ["a", "b"])
    commits = cache.store_folder(FULL) / COMMITS
    whole = commits.read_bytes()
    append(cache, FULL, ["c"], first=2)
    commits.write_bytes(commits.read_bytes()[: len(whole) + kept])
    assert cache.open(FULL).lookup(digests_of(["a", "b", "c"])).tolist() == [0, 1, -1]
    append(cache, FULL, ["c"], first=7)
    np.testing.assert_array_equal(cache.open(FULL).vectors_ND[:, 0], [0, 1, 7])


def test_digests_that_end_in_zero_bytes_are_told_apart(cache: VectorCache) -> None:
    digests = np.array([b"\x01" + b"\0" * 15, b"\x01\x02" + b"\0" * 14, b"\0" * 16], dtype="S16")
    with cache.writing(FULL) as writer:
        writer.append(digests[:2], np.arange(6.0).reshape(2, 3))
    assert cache.open(FULL).lookup(digests).tolist() == [0, 1, -1]


def test_storage_and_encoder_have_their_own_stores(cache: VectorCache) -> None:
    other = replace(FULL, fingerprint="b" * 64)
    for first, header in enumerate((FULL, HALF, other)):
        append(cache, header, ["a"], first=first)
    found = [cache.open(header).vectors_ND[0, 0] for header in (FULL, HALF, other)]
    assert found == [0, 1, 2]


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros((1, 4)), r"shape \(1, 4\)"),
        (np.zeros((2, 3)), r"shape \(2, 3\)"),
        (np.full((1, 3), np.nan), "not finite"),
        (np.full((1, 3), 1e6), "not finite as float16"),
    ],
)
def test_vectors_that_cannot_be_stored_are_refused(
    cache: VectorCache, vectors: np.ndarray, message: str
) -> None:
    with pytest.raises(VectorCacheError, match=message), cache.writing(HALF) as writer:
        writer.append(digests_of(["a"]), vectors)
    assert len(cache.open(HALF)) == 0


def cut(name: str, size: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:size])

    return damage


def flip(name: str, place: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[place] ^= 1
        (folder / name).write_bytes(content)

    return damage


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def set_dimension(folder: Path) -> None:
    text = (folder / HEADER).read_text().replace('"dimension": 3', '"dimension": 4')
    (folder / HEADER).write_text(text)


# Two chunks: rows 0-1 (24 bytes of vectors, 32 of digests) and rows 2-4.
DAMAGES = [
    (cut(VECTORS, 30), "rows 2 to 4 are cut off or altered", [0, 1]),
    (cut(DIGESTS, 40), "rows 2 to 4 are cut off or altered", [0, 1]),
    (flip(VECTORS, 3), "rows 0 to 1 are cut off or altered", [2, 3, 4]),
    (flip(DIGESTS, 79), "rows 2 to 4 are cut off or altered", [0, 1]),
    (flip(COMMITS, 60), "list of commits is broken after 1 records", [0, 1]),
    (flip(COMMITS, 0), "list of commits is broken after 0 records", []),
    (remove(VECTORS), r"vectors\.bin is missing", []),
    (remove(COMMITS), r"commits\.bin is missing", []),
    (remove(HEADER), r"header\.json is missing", [0, 1, 2, 3, 4]),
    (flip(HEADER, 0), r"header\.json is damaged", [0, 1, 2, 3, 4]),
    (set_dimension, "foreign store", [0, 1, 2, 3, 4]),
]


@pytest.mark.parametrize(("damage", "message", "kept"), DAMAGES)
def test_damage_is_named_and_only_whole_chunks_survive_the_rebuilding(
    cache: VectorCache,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
    message: str,
    kept: list[int],
) -> None:
    append(cache, FULL, ["0", "1"])
    append(cache, FULL, ["2", "3", "4"], first=2)
    damage(cache.store_folder(FULL))
    with pytest.raises(VectorCacheError, match=message):
        cache.open(FULL)
    with caplog.at_level(logging.WARNING), cache.writing(FULL):
        pass
    assert f"Rebuilt with the {len(kept)} rows that are whole" in caplog.text
    store = cache.open(FULL)
    rows = store.lookup(digests_of(["0", "1", "2", "3", "4"]))
    assert np.flatnonzero(rows >= 0).tolist() == kept
    np.testing.assert_array_equal(store.vectors_ND[rows[rows >= 0]][:, 0], kept)


def test_a_store_of_another_encoder_put_in_its_place_is_foreign(cache: VectorCache) -> None:
    other = replace(FULL, fingerprint="b" * 64)
    append(cache, other, ["a"], first=9)
    append(cache, FULL, ["a"])
    shutil.rmtree(cache.store_folder(FULL))
    cache.store_folder(other).rename(cache.store_folder(FULL))
    with pytest.raises(VectorCacheError, match="foreign store"):
        cache.open(FULL)
    append(cache, FULL, ["a"], first=5)
    assert cache.open(FULL).vectors_ND[0, 0] == 5


def test_a_reader_keeps_its_rows_while_the_store_grows_and_is_rebuilt(cache: VectorCache) -> None:
    append(cache, FULL, ["0", "1"])
    store = cache.open(FULL)
    append(cache, FULL, ["2"], first=2)
    set_dimension(cache.store_folder(FULL))
    append(cache, FULL, ["3"], first=3)
    assert len(store) == 2
    np.testing.assert_array_equal(store.vectors_ND[:, 0], [0, 1])
    assert len(cache.open(FULL)) == 4


def test_checksums_are_compared_again_only_after_something_touched_the_files(
    cache: VectorCache,
) -> None:
    append(cache, FULL, ["a"])
    folder = cache.store_folder(FULL)
    assert unchanged_since_check(folder)
    (folder / VECTORS).write_bytes((folder / VECTORS).read_bytes())
    assert not unchanged_since_check(folder)
    cache.open(FULL)
    assert unchanged_since_check(folder)
