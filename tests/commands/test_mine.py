"""Negatives for other toolkits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from commands.conftest import TINY, in_a_process
from trisampler.commands import mine
from trisampler.corpora.documents import document_texts
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import SourceSettings
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.encoding import encode_texts
from trisampler.encoders.settings import EncoderSettings, EncodingSettings
from trisampler.exports.writing import FORMS
from trisampler.negatives import mine_negatives


def test_the_command_offers_every_format():
    assert set(mine._FORMS) == set(FORMS)


def test_negatives_are_those_of_the_library(run, beir, tmp_path):
    output, report = tmp_path / "out" / "negatives.parquet", tmp_path / "report.json"
    result = run(
        *("mine", output, "--source", beir, "--format", "table", "--encoder", TINY),
        *("--sampler", "tri", "--negatives", "3", "--depth", "20", "--seed", "5"),
        *("--params", "guard=0.2,temperature=0.1", "--precision", "float32"),
        *("--report", report),
    )
    assert result.exit_code == 0, result.output
    collection = read_collection(SourceSettings(path=str(beir)), seed=5)
    exact = EncodingSettings(precision="float32")
    encoder = Encoder.load(EncoderSettings(name=TINY))
    judged = collection.train_judgements
    queries = collection.queries.join(judged, on="query_id", how="semi")
    mined = mine_negatives(
        queries,
        collection.corpus,
        judged,
        query_vectors=encode_texts(encoder, queries["text"].to_list(), "query", exact),
        document_vectors=encode_texts(
            encoder, document_texts(collection.corpus), "document", exact
        ),
        depth=20,
        seed=5,
        negatives=3,
        guard=0.2,
        temperature=0.1,
    )
    assert_frame_equal(pl.read_parquet(output), mined.table)
    assert json.loads(report.read_text())["settings"]["guard"] == 0.2


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_format_is_written(run, beir, tmp_path, form):
    lines = form in ("tevatron", "tevatron-ids", "flagembedding")
    output = tmp_path / f"train.{'jsonl' if lines else 'json' if form == 'dpr' else 'parquet'}"
    result = run(
        *("mine", output, "--source", beir, "--format", form, "--encoder", TINY),
        *("--sampler", "top-k", "--negatives", "2", "--depth", "10"),
    )
    assert result.exit_code == 0, result.output
    if form == "tevatron-ids":
        assert len((tmp_path / "train.corpus.jsonl").read_text().splitlines()) == 40
    if lines:
        records = [json.loads(line) for line in output.read_text().splitlines()]
        assert len(records) == 18
    elif form == "dpr":
        assert len(json.loads(output.read_text())) == 18
    else:
        assert pl.read_parquet(output).height >= 18
    assert f"{output}:" in result.stderr


def test_the_corpus_of_ids_does_not_take_the_place_of_the_sources(run, beir, tmp_path):
    source = Path(shutil.copytree(beir, tmp_path / "source"))
    before = (source / "corpus.jsonl").read_text()
    result = run(
        *("mine", source / "train.v1.jsonl.gz", "--source", source, "--format", "tevatron-ids"),
        *("--encoder", TINY, "--sampler", "random"),
    )
    assert result.exit_code == 0, result.output
    assert (source / "corpus.jsonl").read_text() == before
    documents = (source / "train.v1.corpus.jsonl").read_text().splitlines()
    assert "docid" in json.loads(documents[0])


@pytest.mark.parametrize(
    ("form", "name"), [("tevatron-ids", "train.jsonl"), ("table", "train.parquet")]
)
def test_a_link_stays_and_names_the_form_and_the_corpus(run, beir, tmp_path, form, name):
    link, report, store = tmp_path / name, tmp_path / "report.json", tmp_path / "store"
    link.symlink_to(store / "blob")
    report.symlink_to(store / "figures")
    told = ("--source", beir, "--format", form, "--encoder", TINY, "--sampler", "random")
    result = run("mine", link, *told, "--report", report)
    assert result.exit_code == 0, result.output
    assert f"{link}:" in result.stderr
    assert (link.readlink(), report.readlink()) == (store / "blob", store / "figures")
    assert sorted(path.name for path in store.iterdir()) == ["blob", "figures"]
    assert json.loads(report.read_text())["settings"]["sampler"] == "random"
    if form == "tevatron-ids":
        assert len((tmp_path / "train.corpus.jsonl").read_text().splitlines()) == 40
    else:
        assert pl.read_parquet(link).height == 18 * 4


def test_sentence_transformers_reads_triplets(run, beir, tmp_path):
    from datasets import load_dataset

    output = tmp_path / "train.parquet"
    told = ("--source", beir, "--format", "triplet", "--encoder", TINY, "--sampler", "random")
    run("mine", output, *told)
    dataset = load_dataset("parquet", data_files=str(output), cache_dir=str(tmp_path / "hub"))
    assert dataset["train"].column_names == ["anchor", "positive", "negative"]
    assert dataset["train"].num_rows == 18 * 4


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--sampler", "nope"], 2, "no sampler is called 'nope'"),
        (["--params", "guardd=1"], 2, "guardd"),
        (["--params", "guard=2"], 2, "guard: Input should be less than 1"),
        (["--params", "negatives=2"], 2, "say --negatives"),
        (["--params", "parameters.width=2"], 2, "width"),
        (["--params", "pools=[given]"], 2, "pools=given"),
        (["--sampler", "margin-bins"], 2, "teacher"),
        (["--sampler", "in-batch"], 2, "draws no negatives"),
        (["--encoder", "bm25"], 1, "is a lexical"),
        (["--format", "flagembedding"], 1, "ends in .jsonl or .json"),
        (["--format", "nope"], 2, "nope"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_read(
    run, tmp_path, monkeypatch, arguments, code, said
):
    import trisampler.corpora.reading as reading

    monkeypatch.setattr(reading, "read_collection", lambda *_: pytest.fail("read"))
    form = [] if "--format" in arguments else ["--format", "table"]
    result = run("mine", tmp_path / "train.parquet", *form, *arguments)
    assert result.exit_code == code, result.output
    assert said in " ".join(result.output.split())
    assert not list(tmp_path.glob("*.parquet"))


def test_a_folder_that_takes_no_file_is_refused_at_once(run, beir, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("mine", tmp_path / "file" / "train.jsonl", "--format", "tevatron")
    assert result.exit_code == 2
    assert "cannot be written" in result.output


@pytest.mark.slow
def test_as_a_user_runs_it(beir, tmp_path):
    done = in_a_process(
        *("mine", "train.jsonl", "--source", beir, "--format", "flagembedding"),
        *("--encoder", TINY, "--depth", "20", "--cache", tmp_path / "cache"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    record = json.loads((tmp_path / "train.jsonl").read_text().splitlines()[0])
    assert sorted(record) == ["neg", "pos", "query"]
