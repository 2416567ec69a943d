"""A source that names its own negatives trains on them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project
from end_to_end.test_no_leak import write_beir
from trisampler.hashing import digest_text

FROM_GIVEN = "sampling.sampler=top-k,sampling.pools=[given],sampling.negatives=3"


def own_negatives(finished: FinishedRun) -> pl.DataFrame:
    """Five documents for every second training query: query_id, positive_id, negative_id."""
    train = finished.project.table("03_primary/train_judgements.parquet").sort("query_id")
    documents = finished.project.table("03_primary/corpus.parquet")["doc_id"].to_list()
    rows = [
        (query_id, positive_id, documents[(7 * number + step) % len(documents)])
        for number, (query_id, positive_id) in enumerate(
            train.select("query_id", "doc_id").iter_rows()
        )
        if number % 2 == 0
        for step in range(5)
    ]
    return pl.DataFrame(rows, schema=["query_id", "positive_id", "negative_id"], orient="row")


def run_on(source: Path, folder: Path) -> Project:
    folder.mkdir()
    project = Project.copy_to(folder)
    project.run("--params", f"source.package=null,source.path={source},{FROM_GIVEN}")
    return project


def check_negatives(project: Project, named: pl.DataFrame) -> None:
    """What has negatives of its own is trained on these, the rest on random ones, counted."""
    given = set(named.select("query_id", "negative_id").iter_rows())
    with_own = {query_id for query_id, _ in given}
    for number in (1, 2):
        drawn = project.table(f"05_model_input/round_{number}/negatives.parquet")
        for query_id, negative_id, source in drawn.select(
            "query_id", "negative_id", "source"
        ).iter_rows():
            assert source == ("given" if query_id in with_own else "fallback")
            assert ((query_id, negative_id) in given) or source == "fallback"
        pairs = project.table("03_primary/train_judgements.parquet").filter(pl.col("relevance") > 0)
        without = pairs.filter(~pl.col("query_id").is_in(list(with_own)))
        assert 0 < without.height < pairs.height
        path = project.path(f"08_reporting/round_{number}/diagnostics.json")
        assert json.loads(path.read_text())["shortfalls"]["fallback_pairs"] == without.height
    assert 0 <= project.metrics()["dev"]["encoder_2"]["nDCG@10"] <= 1


def write_dpr(path: Path, finished: FinishedRun, named: pl.DataFrame, split: str) -> None:
    """A split of the finished run's data as DPR has it, with the negatives named."""
    project = finished.project
    passages = {
        doc_id: {"title": title, "text": text, "passage_id": doc_id}
        for doc_id, title, text in project.table("03_primary/corpus.parquet").iter_rows()
    }
    questions = dict(project.table("03_primary/queries.parquet").iter_rows())
    negatives: dict[str, list[str]] = {}
    for query_id, _, negative_id in named.iter_rows():
        negatives.setdefault(query_id, []).append(negative_id)
    judged = project.table(f"03_primary/{split}_judgements.parquet").filter(pl.col("relevance") > 0)
    elements = [
        {
            "question": questions[query_id],
            "answers": [],
            "positive_ctxs": [passages[doc_id]],
            "hard_negative_ctxs": [passages[each] for each in negatives.get(query_id, [])],
        }
        for query_id, doc_id in judged.select("query_id", "doc_id").iter_rows()
    ]
    path.write_text(json.dumps(elements, indent=4))


@pytest.mark.slow
def test_dpr_files(finished: FinishedRun, tmp_path: Path) -> None:
    named = own_negatives(finished)
    (tmp_path / "source").mkdir()
    for split in ("train", "dev", "test"):
        write_dpr(tmp_path / "source" / f"my-{split}.json", finished, named, split)
    project = run_on(tmp_path / "source", tmp_path / "project")
    asked = finished.project.table("03_primary/queries.parquet")
    ids = pl.Series([digest_text(text).hex() for text in asked["text"]])
    digests = dict(zip(asked["query_id"], ids, strict=True))
    check_negatives(project, named.with_columns(pl.col("query_id").replace_strict(digests)))
    report = json.loads(project.path("08_reporting/ingestion_report.json").read_text())
    assert report["format"] == "dpr"
    assert report["given_negatives"]["kept"] == named.height


@pytest.mark.slow
def test_triples_beside_a_beir_folder(finished: FinishedRun, tmp_path: Path) -> None:
    named = own_negatives(finished)
    write_beir(tmp_path / "source", finished, with_test=True)
    named.write_csv(tmp_path / "source" / "triples.tsv", separator="\t", include_header=False)
    project = run_on(tmp_path / "source", tmp_path / "project")
    check_negatives(project, named)
    given = project.table("03_primary/given_negatives.parquet")
    assert given.select("query_id", "doc_id").rows() == named["query_id", "negative_id"].rows()
    report = json.loads(project.path("08_reporting/ingestion_report.json").read_text())
    assert report["given_negatives"]["kept"] == named.height
    assert report["added_positives"]["added"] == 0
