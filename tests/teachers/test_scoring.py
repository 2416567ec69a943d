"""Scores by pair: right, named, and never computed twice, even by processes that are killed.

Run as a program, this file scores pairs that follow from their number:
python test_scoring.py MODEL CACHE
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from trisampler.encoders.store_format import COMMITS, DIGESTS, VECTORS
from trisampler.encoders.vector_cache import VectorCache
from trisampler.encoders.vector_store import VectorStore
from trisampler.teachers import scoring
from trisampler.teachers.errors import TeacherError
from trisampler.teachers.pairs import Pairs
from trisampler.teachers.scoring import SCORES_SCHEMA, score_pairs
from trisampler.teachers.settings import TeacherSettings

RECORD_BYTES = 56  # of a commit
QUERIES = pl.DataFrame({"query_id": ["q1", "q2", "q3"], "text": ["sort a list", "", "read a file"]})
CORPUS = pl.DataFrame(
    {
        "doc_id": ["d1", "d2", "d3", "d4"],
        "title": ["Sorting", "", "", ""],
        "text": ["of lists", "", "open and read " * 300, "Sorting of lists"],
    }
)
PAIRS = pl.DataFrame(
    {"query_id": ["q1", "q1", "q2", "q3", "q1"], "doc_id": ["d1", "d2", "d2", "d3", "d4"]}
)


def settings(name: object, **changed: object) -> TeacherSettings:
    exact = {"name": str(name), "precision": "float32", "device": "cpu", "pair_length": 96}
    return TeacherSettings.model_validate(exact | changed)


def score(
    teacher: TeacherSettings, cache: VectorCache, pairs: pl.DataFrame = PAIRS
) -> dict[tuple[str, str], float]:
    table = score_pairs(pairs, QUERIES, CORPUS, teacher, cache)
    assert table.schema == pl.Schema(SCORES_SCHEMA)
    assert table.select("query_id", "doc_id").equals(pairs.select("query_id", "doc_id"))
    return {(query_id, doc_id): value for query_id, doc_id, value in table.rows()}


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    return VectorCache(tmp_path / "cache")


def rows_stored(cache: VectorCache) -> int:
    stores = [path for path in cache.folder.iterdir() if path.is_dir()]
    return sum(len(VectorStore.open(path)) for path in stores)


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no model may be computed with."""

    def computing(*arguments: object) -> None:
        raise AssertionError("scored twice")

    monkeypatch.setattr("trisampler.teachers.scoring.pair_scoring", computing)
    monkeypatch.setattr("trisampler.encoders.chunk_encoding.Encoding", computing)


def test_a_cross_encoder_gives_probabilities_or_logits(
    tiny_cross_encoder_folder: Path, cache: VectorCache
) -> None:
    from sentence_transformers import CrossEncoder

    peer = CrossEncoder(str(tiny_cross_encoder_folder), device="cpu", max_length=96)
    texts = [
        ("sort a list", "Sorting of lists"),
        ("sort a list", ""),
        ("", ""),
        ("read a file", ("open and read " * 300).strip()),
        ("sort a list", "Sorting of lists"),
    ]
    found = score(settings(tiny_cross_encoder_folder), cache)
    np.testing.assert_allclose(list(found.values()), peer.predict(texts), atol=1e-5)
    logits = score(settings(tiny_cross_encoder_folder, activation="none"), cache)
    odds = [np.log(value / (1 - value)) for value in found.values()]
    np.testing.assert_allclose(list(logits.values()), odds, atol=1e-5)


def test_a_bi_encoder_gives_its_own_similarity(
    tiny_encoder_folder: Path, cache: VectorCache
) -> None:
    from sentence_transformers import SentenceTransformer

    peer = SentenceTransformer(str(tiny_encoder_folder), device="cpu")
    found = score(settings(tiny_encoder_folder, query_prompt="find "), cache)
    vectors = peer.encode(["find sort a list", "find ", "Sorting of lists", ""]).astype(float)
    expected = [vectors[0] @ vectors[2], vectors[0] @ vectors[3], vectors[1] @ vectors[3]]
    keys = [("q1", "d1"), ("q1", "d2"), ("q2", "d2")]
    np.testing.assert_allclose([found[key] for key in keys], expected, atol=1e-5)
    assert found["q1", "d4"] == found["q1", "d1"]


@pytest.mark.parametrize("kind", ["cross-encoder", "bi-encoder"])
def test_nothing_is_scored_twice(
    kind: str,
    tiny_encoder_folder: Path,
    tiny_cross_encoder_folder: Path,
    cache: VectorCache,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tiny_cross_encoder_folder if kind == "cross-encoder" else tiny_encoder_folder
    teacher = settings(folder)
    first = score(teacher, cache)
    stored = rows_stored(cache)
    # d1 and d4 have the same text.
    assert stored == (4 if kind == "cross-encoder" else 3 + 3)
    more = pl.concat([PAIRS, pl.DataFrame({"query_id": ["q3"], "doc_id": ["d1"]})])
    second = score(teacher, cache, more)
    assert rows_stored(cache) == stored + (kind == "cross-encoder")
    assert {key: second[key] for key in first} == first
    forbid(monkeypatch)
    assert score(teacher, cache, more.reverse()) == second
    # Neither the ids nor how deep the pools are looked at enter; what decides a score does.
    assert score(settings(folder, depth=3), cache, more) == second
    for changed in ({"pair_length": 64, "document_length": 64}, {"precision": "bfloat16"}):
        with pytest.raises(AssertionError, match="scored twice"):
            score(settings(folder, **changed), cache)


def test_a_pair_is_known_by_both_texts_and_where_one_ends() -> None:
    queries = pl.DataFrame({"query_id": ["q1", "q2"], "text": ["ab", "a"]})
    corpus = pl.DataFrame({"doc_id": ["d1", "d2"], "title": "", "text": ["c", "bc"]})
    every = pl.DataFrame({"query_id": ["q1", "q1", "q2", "q2"], "doc_id": ["d1", "d2"] * 2})
    assert len(set(Pairs.build(every, queries, corpus).digests())) == 4


def test_no_teacher_and_no_pairs_give_an_empty_table(cache: VectorCache) -> None:
    assert score_pairs(PAIRS, QUERIES, CORPUS, TeacherSettings(), cache).is_empty()
    assert score(settings("untrained:1"), cache, PAIRS.clear()) == {}
    assert not cache.folder.exists()


def test_pairs_without_texts_are_named(cache: VectorCache) -> None:
    for query_id, doc_id, what in (("q1", "d9", "document"), ("q9", "d1", "query")):
        pairs = pl.DataFrame({"query_id": ["q1", query_id], "doc_id": ["d1", doc_id]})
        with pytest.raises(
            TeacherError, match=f"'{query_id}' .*'{doc_id}'.* no text of that {what}"
        ):
            score(settings("untrained:1"), cache, pairs)


def test_a_score_that_is_no_number_names_the_pair_and_what_came_before_is_kept(
    tiny_cross_encoder_folder: Path, cache: VectorCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trisampler.teachers.cross_encoder import CrossEncoder

    monkeypatch.setattr(scoring, "CHUNK_PAIRS", 2)
    logits = CrossEncoder.logits

    def overflowing(self: CrossEncoder, packed_BL: object, mask_BL: object) -> object:
        found_B = logits(self, packed_BL, mask_BL)  # type: ignore[arg-type]
        found_B[mask_BL.sum(dim=1) > 90] = float("nan")  # type: ignore[attr-defined]
        return found_B

    monkeypatch.setattr(CrossEncoder, "logits", overflowing)
    with pytest.raises(TeacherError, match=r"query 'q3', document 'd3' as nan .*precision"):
        score(settings(tiny_cross_encoder_folder), cache)
    assert rows_stored(cache) == 2
    monkeypatch.setattr(CrossEncoder, "logits", logits)
    score(settings(tiny_cross_encoder_folder), cache)
    assert rows_stored(cache) == 4


def test_the_sigmoid_is_exact_in_its_tails() -> None:
    logits_X = np.array([-3e38, -90, -20, 0, 5, 90, 3e38], dtype=np.float32)
    with np.errstate(all="raise", under="ignore"):
        found_X = scoring._sigmoid(logits_X)
    expected = [0, 8.194013e-40, 2.0611537e-09, 0.5, 0.9933071, 1, 1]
    np.testing.assert_allclose(found_X, expected, rtol=1e-5)


def score_many(model: str, folder: Path) -> None:
    """2,000 pairs, committed 50 at a time."""
    scoring.CHUNK_PAIRS = 50
    queries = pl.DataFrame({"query_id": [f"q{n:02d}" for n in range(40)]})
    corpus = pl.DataFrame({"doc_id": [f"d{n:02d}" for n in range(50)]})
    pairs = queries.join(corpus, how="cross")
    score_pairs(
        pairs,
        queries.with_columns(text=pl.col("query_id") + " which"),
        corpus.with_columns(title=pl.lit(""), text=pl.col("doc_id") + " this one"),
        settings(model),
        VectorCache(folder),
    )


def contents(folder: Path) -> list[bytes]:
    (store,) = (path for path in folder.iterdir() if path.is_dir())
    return [(store / name).read_bytes() for name in (VECTORS, DIGESTS, COMMITS)]


@pytest.mark.slow
def test_killed_again_and_again_it_goes_on_and_ends_with_the_same_bytes(
    tiny_cross_encoder_folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, __file__, str(tiny_cross_encoder_folder)]
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    reached = [0]
    for _ in range(3):
        process = subprocess.Popen([*command, str(killed)], stderr=subprocess.DEVNULL)
        while process.poll() is None:
            commits = next(killed.glob(f"*/{COMMITS}"), None)
            if commits is not None and commits.stat().st_size > reached[-1]:
                break
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        reached.append(next(killed.glob(f"*/{COMMITS}")).stat().st_size)
    assert reached == sorted(set(reached))
    done = subprocess.run([*command, str(killed)], check=True, stderr=subprocess.PIPE, text=True)
    chunks = reached[-1] // RECORD_BYTES
    assert f"{2000 - 50 * chunks} scored" in done.stderr
    subprocess.run([*command, str(undisturbed)], check=True, stderr=subprocess.DEVNULL)
    assert contents(killed) == contents(undisturbed)


if __name__ == "__main__":
    import logging

    logging.basicConfig(level=logging.INFO)
    score_many(sys.argv[1], Path(sys.argv[2]))
