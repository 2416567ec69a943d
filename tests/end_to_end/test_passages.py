"""A run on documents that are cut into passages: mined and searched in parts, measured whole."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from end_to_end.project import Project
from trisampler.evaluation.runs import read_trec_run

OPTIONS = "preparation.passage_characters=300,preparation.passage_overlap=60"


@pytest.mark.slow
def test_measures_are_of_documents(tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path / "project")
    project.run("--params", OPTIONS, "--to-nodes", "evaluation.encoder_0.measure")
    passages = project.table("03_primary/passages.parquet")
    corpus = project.table("03_primary/corpus.parquet")
    assert passages["document_id"].n_unique() > 20
    assert set(passages["doc_id"]) <= set(corpus["doc_id"])
    assert not set(passages["document_id"]) & set(corpus["doc_id"])

    parent = dict(passages.rows())
    relevant = {
        (query, parent.get(doc, doc))
        for query, doc, relevance in project.table("03_primary/test_judgements.parquet").rows()
        if relevance
    }
    run = read_trec_run(project.path("07_model_output/encoder_0/test.run")).sort("query_id", "rank")
    expected = {}
    for query_id in {query for query, _ in relevant}:
        found = run.filter(query_id=query_id)["doc_id"].to_list()
        documents = list(dict.fromkeys(parent.get(doc, doc) for doc in found))
        ranks = [rank for rank, doc in enumerate(documents, 1) if (query_id, doc) in relevant]
        expected[query_id] = 1 / ranks[0] if ranks and ranks[0] <= 10 else 0.0
    measured = project.table("07_model_output/encoder_0/measurements.parquet")
    measured = measured.filter(pl.col("split") == "test", pl.col("measure") == "RR@10")
    assert dict(measured.select("query_id", "value").rows()) == pytest.approx(expected)
    assert 0 < sum(expected.values()) < len(expected)
