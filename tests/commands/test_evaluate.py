"""Measuring systems on a source."""

from __future__ import annotations

import json

import polars as pl
import pytest
from click.testing import CliRunner

from commands.conftest import TINY, in_a_process
from trisampler.commands.group import trisampler
from trisampler.corpora.documents import document_texts
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import SourceSettings
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.encoding import encode_texts
from trisampler.encoders.settings import EncoderSettings, EncodingSettings
from trisampler.evaluation.runs import read_trec_run, write_trec_run


@pytest.fixture(scope="module")
def collection(beir):
    return read_collection(SourceSettings(path=str(beir)), seed=17)


def naive_reciprocal_ranks(collection, split):
    """RR@10 of the tiny encoder by float64 products and a plain sort."""
    encoder, exact = Encoder.load(EncoderSettings(name=TINY)), EncodingSettings(precision="float32")
    judged = collection.judgements(split)
    asked = collection.queries.join(judged, on="query_id", how="semi")
    queries = encode_texts(encoder, asked["text"].to_list(), "query", exact).astype(float)
    documents = encode_texts(encoder, document_texts(collection.corpus), "document", exact).astype(
        float
    )
    ids, values = collection.corpus["doc_id"].to_list(), []
    for query_id, row in zip(asked["query_id"], queries @ documents.T, strict=True):
        order = [ids[place] for place in (-row).argsort()[:10]]
        relevant = judged.filter(pl.col("query_id") == query_id)["doc_id"]
        ranks = [rank for rank, doc_id in enumerate(order, start=1) if doc_id in relevant]
        values.append(1 / ranks[0] if ranks else 0.0)
    return values


def test_an_encoder_has_the_measure_that_plain_products_give(run, beir, collection):
    result = run(
        *("evaluate", TINY, "--source", beir, "--json", "-m", "RR@10", "--precision", "float32")
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    values = naive_reciprocal_ranks(collection, "test")
    assert (told["split"], told["queries"]) == ("test", 6)
    assert told["metrics"] == {"untrained-0": {"RR@10": pytest.approx(sum(values) / len(values))}}
    assert told["comparisons"] == []


def test_two_systems_are_tested_against_each_other(run, beir):
    result = run(
        *("evaluate", "--source", beir, "--split", "dev"), "bm25", f"tiny={TINY}", "--json"
    )
    told = json.loads(result.stdout)
    (row,) = (row for row in told["comparisons"] if row["measure"] == "nDCG@10")
    assert (row["system"], row["baseline"], row["queries"]) == ("tiny", "bm25", 6)
    means = [told["metrics"][name]["nDCG@10"] for name in ("tiny", "bm25")]
    assert row["difference"] == pytest.approx(means[0] - means[1])
    turned = run(
        *("evaluate", "--source", beir, "--split", "dev", "--baseline", "tiny", "--json"),
        *("bm25", f"tiny={TINY}"),
    )
    (other,) = (r for r in json.loads(turned.stdout)["comparisons"] if r["measure"] == "nDCG@10")
    assert other["system"] == "bm25"
    assert other["difference"] == pytest.approx(-row["difference"])


def test_text_has_all_measures_in_the_order_of_systems(run, beir):
    result = run("evaluate", "--source", beir, f"tiny={TINY}", "bm25", "-m", "AP", "-m", "R@5")
    lines = result.stdout.splitlines()
    (head,) = (number for number, line in enumerate(lines) if line.startswith("measure"))
    assert lines[head].split() == ["measure", "tiny", "BM25"]
    assert [line.split()[0] for line in lines[head + 2 : head + 4]] == ["AP", "R@5"]
    assert "n = 6 test queries" in result.stdout


def test_a_run_that_was_written_measures_as_its_system_did(run, beir, tmp_path):
    first = run("evaluate", "--source", beir, TINY, "--runs", tmp_path / "runs", "--json")
    file = tmp_path / "runs" / "untrained-0.run"
    second = run("evaluate", "--source", beir, f"untrained-0={file}", "--json")
    assert json.loads(first.stdout)["metrics"] == json.loads(second.stdout)["metrics"]


def test_a_run_that_is_measured_is_not_overwritten(run, beir, tmp_path, monkeypatch):
    import trisampler.corpora.reading as reading

    monkeypatch.setattr(reading, "read_collection", lambda *_: pytest.fail("read"))
    file = tmp_path / "splade.run"
    file.write_text("q24 Q0 d024 1 2.0 splade\n")
    (tmp_path / "link").symlink_to(tmp_path)
    for systems in ([file, "bm25"], ["bm25", f"other={file}", f"splade={TINY}"]):
        result = run("evaluate", "--source", beir, *systems, "--runs", tmp_path / "link")
        assert result.exit_code == 2
        assert "would be overwritten" in " ".join(result.output.split())
    assert file.read_text() == "q24 Q0 d024 1 2.0 splade\n"


def test_what_of_a_run_file_does_not_fit_is_said(run, beir, tmp_path):
    file = tmp_path / "odd.run"
    rows = [("q24", "d024", 2.0), ("q24", "elsewhere", 3.0), ("q0", "d000", 1.0)]
    table = pl.DataFrame(rows, schema=["query_id", "doc_id", "score"], orient="row")
    write_trec_run(file, table, "odd")
    told = json.loads(run("evaluate", "--source", beir, file, "--json", "-m", "RR").stdout)
    assert told["metrics"] == {"odd": {"RR": pytest.approx(0.5 / 6)}}
    assert told["unfit"]["odd"] == {
        "queries_without_results": 5,
        "queries_that_nobody_judged": 1,
        "results_not_in_the_corpus": 1,
    }


def test_a_bundle_is_measured_on_its_own_documents(run, beir, project):
    folder = project / "data" / "06_models" / "default" / "bundle"
    result = run("evaluate", "--source", beir, folder, TINY, "--json", "--precision", "float32")
    told = json.loads(result.stdout)
    assert list(told["metrics"]) == ["default-bundle", "untrained-0"]
    # It has 20 documents that the source has not.
    assert told["unfit"]["default-bundle"]["results_not_in_the_corpus"] == 6 * 20


def test_an_encoder_takes_settings_and_a_saved_one_has_its_own(run, beir, tmp_path):
    saved = tmp_path / "saved"
    Encoder.load(EncoderSettings(name=TINY, query_prompt="find: ")).save(saved)
    result = run(
        *("evaluate", "--source", beir, "--json", "-m", "AP"),
        *(f"prompted={TINY},query_prompt=find: ", f"saved={saved}", f"plain={TINY}"),
    )
    metrics = json.loads(result.stdout)["metrics"]
    assert metrics["prompted"] == metrics["saved"] != metrics["plain"]
    refused = run("evaluate", "--source", beir, f"{saved},query_prompt=x")
    assert refused.exit_code == 1
    assert "takes no settings" in refused.output


def test_passages_are_measured_as_the_documents_they_are_of(run, beir, tmp_path):
    told = ("--source", beir, "bm25", "-m", "R@1000", "--json")
    whole = run("evaluate", *told, "--runs", tmp_path / "whole")
    cut = run(
        *("evaluate", *told, "--runs", tmp_path / "cut"),
        *("--preparation", "passage_characters=20"),
    )
    assert json.loads(cut.stdout)["metrics"] == json.loads(whole.stdout)["metrics"]
    ranked = read_trec_run(tmp_path / "cut" / "bm25.run")
    assert set(ranked["doc_id"]) <= {f"d{number:03d}" for number in range(40)}
    # A run of documents fits passages too.
    again = run(
        *("evaluate", "--source", beir, tmp_path / "cut" / "bm25.run", "-m", "R@1000", "--json"),
        *("--preparation", "passage_characters=20"),
    )
    assert json.loads(again.stdout)["unfit"] == {}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "SYSTEM"),
        (["bm25", "bm25"], 1, "Two systems have the name 'BM25'"),
        (["bm25", "BM25=untrained:1"], 1, "Two systems have the name 'BM25'"),
        (["bm25", "--baseline", "b"], 2, "the systems are bm25"),
        (["bm25", "-m", "nope"], 2, "names no measure"),
        (["bm25", "-m", "R@50", "--depth", "20"], 2, "R@50 looks at 50 documents"),
        (["nope.run"], 1, "no run file nope.run"),
        ([f"{TINY},lenght=3"], 1, "lenght"),
        (["package:nope_nope"], 1, "not installed"),
        (["bm25", "--source", "nowhere"], 1, "nowhere"),
        (["bm25", "--package", "json"], 2, "two sources"),
        (["bm25", "--source-params", "format=nope"], 2, "format"),
        (["bm25", "--source-params", "formt=beir"], 2, "formt"),
        (["bm25", "--preparation", "passage_chars=9"], 2, "passage_chars"),
        (["bm25", "--device", "quantum"], 2, "quantum"),
    ],
)
def test_what_does_not_fit_is_said(run, beir, arguments, code, said):
    source = [] if "nowhere" in arguments else ["--source", beir]
    result = run("evaluate", *source, *arguments)
    assert result.exit_code == code, result.output
    assert said in " ".join(result.output.split())


def test_no_text_is_encoded_twice(beir, tmp_path):
    told = ["evaluate", "--source", str(beir), TINY, "--cache", str(tmp_path), "-m", "AP"]
    first, second = (CliRunner().invoke(trisampler, told) for _ in range(2))
    assert "Encoding documents" in first.stderr
    assert "Encoding" not in second.stderr
    assert first.stdout == second.stdout


@pytest.mark.slow
def test_as_a_user_runs_it(beir, tmp_path):
    done = in_a_process(
        *("evaluate", "--source", beir, TINY, "bm25", "--cache", tmp_path / "cache"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "nDCG@10" in done.stdout
