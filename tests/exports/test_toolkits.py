"""Each file is read by the toolkit it is for, as that comes from the package index.

They are installed without what they depend on, into a folder of pytest's cache: what their data
modules import is here already.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from exports.tables import hand_made
from trisampler.exports.dpr import write_dpr
from trisampler.exports.flagembedding import write_flagembedding
from trisampler.exports.tevatron import write_tevatron, write_tevatron_ids

FOUR = "four\u2028lines"
SIX = 'six "quoted"'


@pytest.fixture
def installed(request, monkeypatch):
    """Puts a package, installed once, on the path."""

    def install(requirement: str) -> None:
        folder = Path(request.config.cache.mkdir("toolkits")) / requirement
        if not folder.is_dir():
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
            done = subprocess.run(
                [*command, "--target", f"{folder}.new", requirement],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                pytest.skip(f"{requirement} cannot be installed here: {last}")
            Path(f"{folder}.new").rename(folder)
        monkeypatch.syspath_prepend(str(folder))

    return install


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder_folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_encoder_folder)


@pytest.mark.slow
def test_flagembedding_reads_and_collates(installed, tokenizer, tmp_path):
    installed("FlagEmbedding==1.4.2")
    from FlagEmbedding.abc.finetune.embedder import (
        AbsEmbedderCollator,
        AbsEmbedderDataArguments,
        AbsEmbedderTrainDataset,
    )

    path = tmp_path / "train.jsonl"
    write_flagembedding(path, *hand_made())
    arguments = AbsEmbedderDataArguments(
        train_data=[str(path)], cache_path=str(tmp_path / "cache"), train_group_size=4
    )
    read = AbsEmbedderTrainDataset(arguments, tokenizer)
    assert len(read) == 2
    query, passages, scores = read[0]
    assert query == "first"
    assert passages[0] in ("one", "Two second café")
    assert set(passages[1:]) == {FOUR, SIX, "Five"}
    assert scores is None
    assert read[1][1] == ["Three third 字", "one", "one", "one"]  # it repeats what is too little
    batch = AbsEmbedderCollator(tokenizer)([read[0], read[1]])
    assert batch["passages"]["input_ids"].shape[0] == 8

    write_flagembedding(path, *hand_made(), teacher_scores=True)
    arguments = AbsEmbedderDataArguments(
        train_data=[str(path)],
        cache_path=str(tmp_path / "cache"),
        train_group_size=3,
        knowledge_distillation=True,
    )
    _, passages, scores = AbsEmbedderTrainDataset(arguments, tokenizer)[0]
    known = {"one": 1.0, "Two second café": 0.5, FOUR: 0.25, SIX: 0.125}
    assert scores == [known[passage] for passage in passages]


@pytest.mark.slow
def test_tevatron_1_reads_tokenises_and_draws(installed, tokenizer, tmp_path, monkeypatch):
    installed("tevatron==0.1.0")
    from tevatron.arguments import DataArguments
    from tevatron.data import QPCollator, TrainDataset
    from tevatron.datasets import HFTrainDataset, TrainPreProcessor

    (tmp_path / "data").mkdir()
    write_tevatron(tmp_path / "data" / "train.jsonl", *hand_made())
    arguments = DataArguments(
        train_dir=str(tmp_path / "data"), dataset_proc_num=1, train_n_passages=4
    )
    read = HFTrainDataset(tokenizer, arguments, str(tmp_path / "cache"))
    read.preprocessor = TrainPreProcessor  # what it takes for all sets but tokenised ones
    tokenised = read.process()
    assert len(tokenised) == 2
    words = {name: tokenizer.encode(name, add_special_tokens=False) for name in (" one", "first")}
    assert tokenised[0]["query"] == words["first"]
    assert tokenised[0]["positives"][0] == words[" one"]
    assert [len(each) for each in (tokenised[0]["positives"], tokenised[0]["negatives"])] == [2, 3]
    # The one method it calls that transformers 5 no longer has: ids with the special ones around.
    monkeypatch.setattr(
        tokenizer,
        "encode_plus",
        lambda ids, **_: {"input_ids": [tokenizer.cls_token_id, *ids, tokenizer.sep_token_id]},
        raising=False,
    )
    trainer = SimpleNamespace(state=SimpleNamespace(epoch=0), args=SimpleNamespace(seed=0))
    examples = TrainDataset(arguments, tokenised, tokenizer, trainer)
    queries, passages = QPCollator(tokenizer)([examples[0], examples[1]])
    assert queries["input_ids"].shape[0] == 2
    assert passages["input_ids"].shape[0] == 8


def test_tevatron_2s_ids_are_in_its_corpus(tmp_path):
    """Version 2 is in no package index: its files are read as its dataset reads them."""
    from datasets import load_dataset

    paths = [str(tmp_path / name) for name in ("train.jsonl.gz", "corpus.jsonl.gz")]
    write_tevatron_ids(*paths, *hand_made())
    train, corpus = (
        load_dataset("json", data_files=path, split="train", cache_dir=str(tmp_path / "cache"))
        for path in paths
    )
    row = {docid: number for number, docid in enumerate(corpus["docid"])}
    for group in train:
        assert group["query_text"]
        for docid in group["positive_document_ids"] + group["negative_document_ids"]:
            assert corpus[row[docid]]["text"]
    assert corpus[row["d2"]]["text"] == "Two second café"


def test_dpr_finds_what_its_reader_looks_at(tmp_path):
    """DPR is in no package index: these are the fields that its README and reader name."""
    write_dpr(tmp_path / "train.json", *hand_made())
    for sample in json.loads((tmp_path / "train.json").read_text(encoding="utf-8")):
        assert isinstance(sample["question"], str)
        assert sample["positive_ctxs"]
        for kind in ("positive_ctxs", "negative_ctxs", "hard_negative_ctxs"):
            for context in sample[kind]:
                assert isinstance(context["title"], str)
                assert isinstance(context["text"], str)
