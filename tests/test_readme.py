"""The README's Python, run as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

BLOCKS = re.findall(
    r"```python\n(.*?)```", (Path(__file__).parents[1] / "README.md").read_text(), re.S
)
HUB_MODEL = "sentence-transformers/all-MiniLM-L6-v2"


def block_with(words):
    (found,) = (block for block in BLOCKS if words in block)
    return found


def test_every_block_is_run_by_a_test_below():
    assert len(BLOCKS) == 3


@pytest.mark.slow
def test_in_place_of_mine_hard_negatives(tiny_encoder_folder):
    block = block_with("import mine_hard_negatives")
    assert HUB_MODEL in block
    names = {}
    exec(compile(block.replace(HUB_MODEL, str(tiny_encoder_folder)), "README.md", "exec"), names)
    assert names["dataset"].column_names[:2] == ["query", "answer"]
    assert len(names["dataset"])


@pytest.mark.slow
def test_from_texts_to_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block_with("mine_negatives("), "README.md", "exec"), {})
    (line,) = (tmp_path / "train.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)) == ["neg", "pos", "query"]


def test_a_bundle(tmp_path, monkeypatch, capsys):
    import polars as pl

    from trisampler.encoders.embeddings import Embeddings
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.encoding import encode_texts
    from trisampler.encoders.settings import EncoderSettings, EncodingSettings
    from trisampler.release import BundleParts, write_bundle
    from trisampler.search.index_building import build_index
    from trisampler.search.settings import IndexSettings

    block = block_with("import Bundle")
    folder = re.search(r'Bundle.load\("(.*)"\)', block)[1]
    monkeypatch.chdir(tmp_path)
    texts = ["rename a branch", "undo the last commit"]
    corpus = pl.DataFrame({"doc_id": ["d1", "d2"], "title": ["", ""], "text": texts})
    encoder = Encoder.load(EncoderSettings(name="untrained:0"))
    vectors = encode_texts(encoder, texts, "document", EncodingSettings(precision="float32"))
    embeddings = Embeddings.from_array(["d1", "d2"], vectors)
    index = build_index(embeddings, IndexSettings(), seed=0)
    write_bundle(BundleParts.of(encoder, corpus, embeddings, index), tmp_path / folder)
    exec(compile(block, "README.md", "exec"), {})
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("d2 ")
    assert second.startswith("d1 ")
