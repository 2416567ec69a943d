"""A bundle of passages finds documents, each by its best passage."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from release.conftest import Workshop, corpus_of
from trisampler.release import Bundle, write_bundle
from trisampler.release.former import FormerBundle
from trisampler.release.whole_documents import WholeDocuments
from trisampler.release.writing import BundleParts
from trisampler.search.order import TopK

TEXTS = ["sort a list", "open the file", "join paths"]


def passages_of(corpus: pl.DataFrame) -> pl.DataFrame:
    """Rows 0 to 9 are passages of A, 10 to 39 of B, C, D in turn, the others whole documents."""
    documents = ["A"] * 10 + [f"{'BCD'[row % 3]}" for row in range(30)]
    return pl.DataFrame({"doc_id": corpus["doc_id"][:40], "document_id": documents})


@pytest.fixture(scope="module")
def of_passages(workshop: Workshop) -> tuple[Bundle, Bundle, dict[str, str]]:
    """A bundle of passages, the same without saying so, and the document of each row."""
    corpus = corpus_of(range(60))
    passages = passages_of(corpus)
    parts = workshop.parts(corpus)
    plain, cut = workshop.folder / "plain", workshop.folder / "cut"
    write_bundle(parts, plain)
    told = BundleParts(
        parts.encoder, parts.corpus, parts.corpus_embeddings, parts.index, parts.digests,
        passages, parts.changes,
    )  # fmt: skip
    write_bundle(told, cut)
    documents = dict(zip(corpus["doc_id"], corpus["doc_id"], strict=True)) | dict(passages.rows())
    return Bundle.load(cut), Bundle.load(plain), documents


@pytest.mark.parametrize("k", [1, 3, 10, 24, 100])
def test_each_document_once_by_its_best_passage(
    of_passages: tuple[Bundle, Bundle, dict[str, str]], k: int
) -> None:
    cut, plain, document_of = of_passages
    assert len(cut) == 24
    everything = plain.search(TEXTS, 60)
    found = cut.search(TEXTS, k)
    for query in range(len(TEXTS)):
        best: dict[str, tuple[float, str]] = {}
        rows = zip(
            everything.ids[query],
            everything.scores_QK[query].tolist(),
            everything.texts[query],
            strict=True,
        )
        for doc_id, score, text in rows:
            best.setdefault(document_of[doc_id], (score, text))
        expected = list(best.items())[:k]
        assert found.ids[query] == [document for document, _ in expected]
        assert found.scores_QK[query].tolist() == [score for _, (score, _) in expected]
        assert found.texts[query] == [text for _, (_, text) in expected]


def test_a_run_is_of_documents(of_passages: tuple[Bundle, Bundle, dict[str, str]]) -> None:
    cut, _, _ = of_passages
    queries = pl.DataFrame({"query_id": ["q0", "q1", "q2"], "text": TEXTS})
    run = cut.rank(queries, 5)
    assert run.group_by("query_id", maintain_order=True).agg("doc_id")["doc_id"].to_list() == (
        cut.search(TEXTS, 5).ids
    )


def test_a_bundle_of_passages_is_a_former_bundle(
    workshop: Workshop, of_passages: tuple[Bundle, Bundle, dict[str, str]]
) -> None:
    cut, _, _ = of_passages
    former = FormerBundle.read(cut.folder)
    assert former is not None
    assert not workshop.parts(corpus_of(range(60)), former=former).changes.removed
    cut.verify()


def test_few_documents_with_many_passages() -> None:
    whole = WholeDocuments(pl.Series(["a"] * 50 + ["b", "c"]))
    asked = []

    def find(passages: int) -> TopK:
        asked.append(passages)
        rows_QK = np.arange(passages, dtype=np.int32)[None, :]
        return TopK(rows_QK, 100 - rows_QK.astype(np.float32))

    found = whole.nearest(find, 3)
    assert found.rows_QK.tolist() == [[0, 50, 51]]
    assert found.scores_QK.tolist() == [[100, 50, 49]]
    assert asked == [3, 6, 12, 24, 48, 52]
    assert whole.nearest(find, 1).rows_QK.tolist() == [[0]]
