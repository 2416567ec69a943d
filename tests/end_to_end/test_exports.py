"""A run's tables, as they lie on the disk, in the forms of other toolkits."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from end_to_end.conftest import FinishedRun
from trisampler.exports.dpr import write_dpr
from trisampler.exports.flagembedding import write_flagembedding
from trisampler.exports.sentence_transformers import training_dataset
from trisampler.exports.tevatron import write_tevatron


def test_a_round_is_exported_whole(finished: FinishedRun, tmp_path: Path) -> None:
    negatives, corpus, queries, judgements = (
        finished.project.table(f"{name}.parquet")
        for name in (
            "05_model_input/round_2/negatives",
            "03_primary/corpus",
            "03_primary/queries",
            "03_primary/train_judgements",
        )
    )
    tables = (negatives, corpus, queries, judgements)
    trained = judgements.filter(pl.col("relevance") > 0)["query_id"].n_unique()
    for write in (write_tevatron, write_flagembedding, write_dpr):
        report = write(tmp_path / f"{write.__name__}.json", *tables)
        assert report.examples + report.left_out == trained
    samples = json.loads((tmp_path / "write_dpr.json").read_text(encoding="utf-8"))
    drawn = sum(len(each["negative_ctxs"] + each["hard_negative_ctxs"]) for each in samples)
    assert drawn == negatives.select("query_id", "negative_id").unique().height
    assert len(training_dataset(*tables)) == negatives.height
