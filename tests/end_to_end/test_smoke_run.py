"""What one whole run leaves behind."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import nodes_that_would_run

SYSTEMS = ["bm25", "encoder_0", "encoder_1", "encoder_2"]


def test_it_ends_with_the_table_and_where_things_are(finished: FinishedRun) -> None:
    tail = finished.output[finished.output.rindex("test split") :]
    for words in ("BM25", "encoder_0", "encoder_2", "nDCG@10", "RR@10", "R@100"):
        assert words in tail
    for words in ("model", "report", "MLflow"):
        assert re.search(rf"^{words} +\S+", tail, re.MULTILINE)


def test_metrics_have_the_promised_form(finished: FinishedRun) -> None:
    metrics = finished.project.metrics()
    assert sorted(metrics) == ["dev", "test"]
    for split in metrics.values():
        assert list(split) == SYSTEMS
        for measures in split.values():
            assert {"nDCG@10", "RR@10", "R@100", "AP"} <= set(measures)
            assert all(0 <= value <= 1 for value in measures.values())


def test_training_changes_the_encoder(finished: FinishedRun) -> None:
    from safetensors.torch import load_file

    first, last = (
        load_file(finished.project.path(f"06_models/encoder_{number}/model.safetensors"))
        for number in (0, 2)
    )
    assert any(not np.array_equal(first[name].numpy(), last[name].numpy()) for name in first)


def test_negatives_are_never_judged_positives_and_belong_to_training(finished: FinishedRun) -> None:
    project = finished.project
    train = project.table("03_primary/train_judgements.parquet")
    positives = train.filter(pl.col("relevance") > 0)
    for number in (1, 2):
        negatives = project.table(f"05_model_input/round_{number}/negatives.parquet")
        assert negatives.height > 0
        assert set(negatives["query_id"]) <= set(train["query_id"])
        judged = negatives.join(
            positives, left_on=["query_id", "negative_id"], right_on=["query_id", "doc_id"]
        )
        assert judged.is_empty()


def test_no_query_or_pair_is_in_two_splits(finished: FinishedRun) -> None:
    project = finished.project
    tables = {
        split: project.table(f"03_primary/{split}_judgements.parquet")
        for split in ("train", "dev", "test")
    }
    texts = dict(project.table("03_primary/queries.parquet").iter_rows())
    seen: dict[str, str] = {}
    for split, table in tables.items():
        assert table.height > 0
        for query_id in table["query_id"].unique():
            text = " ".join(texts[query_id].casefold().split())
            assert seen.setdefault(text, split) == split


def test_the_best_encoder_loads_as_a_plain_sentence_transformer(finished: FinishedRun) -> None:
    from sentence_transformers import SentenceTransformer

    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.encoding import encode_texts
    from trisampler.encoders.settings import EncodingSettings

    folder = finished.project.path("06_models/encoder_2")
    texts = finished.project.table("03_primary/corpus.parquet")["text"].to_list()[:20]
    plain = SentenceTransformer(str(folder), device="cpu").encode(texts)
    exact = EncodingSettings(precision="float32", device="cpu")
    ours = encode_texts(Encoder.load_folder(folder), texts, "document", exact)
    np.testing.assert_allclose(ours, plain, atol=1e-5)


def test_mlflow_has_one_finished_run_with_everything(finished: FinishedRun) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{finished.project.folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("trisampler")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.info.run_id in finished.output
    assert run.data.params["sampling.sampler"] == "tri"
    metrics = finished.project.metrics()
    logged = run.data.metrics
    assert logged["test/encoder_2/nDCG_at_10"] == metrics["test"]["encoder_2"]["nDCG@10"]
    assert len(client.get_metric_history(run.info.run_id, "round_1/loss")) > 1
    leaning = client.get_metric_history(run.info.run_id, "audit/share_leaning_to_positive")
    assert [each.step for each in leaning] == [1, 2]
    assert "node_seconds/round_1.training.train_encoder" in logged
    assert logged["index/encoder_2/recall"] == 1
    inputs = {given.dataset.name for given in run.inputs.dataset_inputs}
    assert {"corpus", "train_judgements", "test_judgements"} <= inputs
    reporting = {item.path for item in client.list_artifacts(run.info.run_id, "reporting")}
    assert {
        f"reporting/{name}" for name in ("metrics.json", "audit.json", "report.html")
    } <= reporting
    assert run.data.tags["gate"] == "promoted"
    assert run.data.tags["registered_model"] == "trisampler-smoke/1"
    assert logged["promotion/queries"] > 5
    models = {item.path for item in client.list_artifacts(run.info.run_id, "models")}
    assert "models/encoder_2" in models


def test_artifacts_of_every_kind_are_there(finished: FinishedRun) -> None:
    project = finished.project
    for name in (
        "06_models/encoder_1.model_card.md",
        "07_model_output/bm25/test.run",
        "08_reporting/report.html",
        "08_reporting/metrics.png",
        "08_reporting/training.png",
        "08_reporting/audit.json",
        "08_reporting/dev_query_changes.json",
        "08_reporting/test_query_changes.json",
        "08_reporting/warnings.json",
        "08_reporting/sampling.png",
        "08_reporting/round_1/plane.png",
        "08_reporting/round_1/diagnostics.json",
        "08_reporting/encoder_2/index_report.json",
    ):
        assert project.path(name).stat().st_size > 0, name
    assert not list((project.folder / "data").rglob("*.tmp"))


def test_the_queries_that_changed_most_are_those_of_the_measurements(finished: FinishedRun) -> None:
    project = finished.project
    told = json.loads(project.path("08_reporting/dev_query_changes.json").read_text())
    values = (
        project.table("07_model_output/measurements.parquet")
        .filter(split="dev", measure="nDCG@10")
        .pivot("system", index="query_id", values="value")
    )
    change = (pl.col("encoder_2") - pl.col("encoder_0")).alias("change")
    expected = values.select("query_id", change).sort(
        "change", "query_id", descending=[True, False]
    )
    assert told["queries"] == values.height
    assert told["gained"] == (expected["change"] > 0).sum()
    gained = expected.filter(pl.col("change") > 0)["query_id"].head(20).to_list()
    assert gained
    assert [query["query_id"] for query in told["most_gained"]] == gained
    report = project.path("08_reporting/report.html").read_text()
    test = json.loads(project.path("08_reporting/test_query_changes.json").read_text())
    for query in told["most_gained"]:
        assert html.escape(query["query"]) in report.replace("&#34;", "&quot;").replace(
            "&#39;", "&#x27;"
        )
    assert test["most_gained"]
    assert not any(f"Query {query['query_id']}:" in report for query in test["most_gained"])


def test_a_second_run_does_nothing_and_says_so(finished: FinishedRun) -> None:
    output = finished.project.run()
    assert "Everything is up to date" in output
    assert "done:" not in output
    assert "encoder_2" in output


@pytest.mark.parametrize(
    ("parameter", "runs", "rests"),
    [
        (
            "sampling.negatives=3",
            {"round_1.sampling.draw_negatives", "round_2.retrieval.retrieve_candidates"},
            {
                "round_1.retrieval.retrieve_candidates",
                "round_1.retrieval.retrieve_neighbours",
                "baseline.encoder_0.embedding.embed_corpus",
            },
        ),
        (
            "search.rescored=5",
            {
                "baseline.encoder_0.indexing.build_index",
                "round_1.retrieval.retrieve_candidates",
                "baseline.encoder_0.search.search_test",
            },
            {"baseline.encoder_0.embedding.embed_corpus", "baseline.bm25.search_test"},
        ),
        (
            "evaluation.permutations=300",
            {"evaluation.compare", "reporting.write_summary"},
            {"round_1.training.train_encoder", "round_1.embedding.embed_corpus"},
        ),
        (
            "lexical.k1=1.2",
            {"baseline.bm25.search_test", "development.choose_dev_pool"},
            {"baseline.encoder_0.embedding.embed_corpus", "round_1.retrieval.retrieve_candidates"},
        ),
        (
            "audit.hidden_share=0.3",
            {
                "ingestion.hide_judgements",
                "round_1.retrieval.retrieve_candidates",
                "round_1.sampling.draw_negatives",
                "audit.audit_negatives",
                "reporting.plot_sampling",
            },
            {
                "ingestion.read_source",
                "baseline.bm25.search_test",
                "baseline.encoder_0.embedding.embed_corpus",
            },
        ),
        (
            "source.minimum_body_lines=4",
            {"ingestion.read_source", "baseline.encoder_0.embedding.embed_corpus"},
            {"baseline.encoder_0.load_pretrained"},
        ),
    ],
)
def test_a_changed_parameter_runs_what_depends_on_it(
    finished: FinishedRun, parameter: str, runs: set[str], rests: set[str]
) -> None:
    would_run = nodes_that_would_run(finished.project.run("--dry-run", "--params", parameter))
    assert runs <= would_run
    assert not rests & would_run


def test_force_would_run_everything(finished: FinishedRun) -> None:
    output = finished.project.run("--dry-run", "--force")
    assert len(nodes_that_would_run(output)) == len(re.findall("would run: forced", output)) > 30


@pytest.mark.slow
def test_pipelines_run_one_by_one_come_to_the_same(
    finished: FinishedRun, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each pipeline in a process of its own, as an orchestrator runs them."""
    from end_to_end.project import Project

    project = Project.copy_to(tmp_path_factory.mktemp("apart"))
    rounds = ("round_1", "round_2", "audit")
    first, last = ("ingestion", "baseline", "development"), ("evaluation", "release", "promotion")
    for name in (*first, *rounds, *last):
        project.run("--pipelines", name)
    assert project.metrics() == finished.project.metrics()
    rest: Any = nodes_that_would_run(project.run("--dry-run"))
    assert {name.partition(".")[0] for name in rest} == {"diagnosis", "reporting"}


def test_a_bad_source_stops_the_run_before_anything_is_written(
    finished: FinishedRun, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from end_to_end.project import Project

    project = Project.copy_to(tmp_path_factory.mktemp("bad"))
    source = project.folder / "source"
    (source / "qrels").mkdir(parents=True)
    (source / "corpus.jsonl").write_text('{"_id": "d1", "title": "", "text": "one"}\n')
    (source / "queries.jsonl").write_text('{"_id": "q1", "text": "which"}\n')
    (source / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\tmany\n")
    output = project.kedro("run", "--params", f"source.path={source}", succeeds=False)
    assert "train.tsv:2" in output
    assert "'many'" in output
    assert "Traceback" not in output
    assert not [path for path in (project.folder / "data").rglob("*") if path.is_file()]
