"""What is encoded, and how long it takes: at first, with nothing changed, grown by 1 %.

Documents of the embedded corpus, MiniLM at 64 tokens: by `embed` on an encoder that is loaded
anew each time, and by `kedro run` of what the pretrained encoder needs, in a copy of the project.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.claim import Claim, hardware, report
from benchmarks.project import copy_project

_DOCUMENTS, _NEW, _QUERIES, _TOKENS = 2_000, 20, 60, 64
_ENCODED = re.compile(r"(\d+) texts \((\w+)\): (\d+) encoded")


class _Run(NamedTuple):
    """How many documents a run encoded, and its seconds."""

    encoded: int
    seconds: float


def _collection() -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    """Documents with their ids, and (query id, query, document id) of some of the first."""
    from trisampler.corpora.documents import document_texts
    from trisampler.corpora.reading import read_collection
    from trisampler.corpora.settings import SourceSettings

    collection = read_collection(SourceSettings(), seed=0)
    ids, texts = collection.corpus["doc_id"].to_list(), document_texts(collection.corpus)
    once = np.random.default_rng(0).permutation(np.unique(texts, return_index=True)[1])
    documents = [(ids[row], texts[row]) for row in once[: _DOCUMENTS + _NEW]]
    first = {doc_id for doc_id, _ in documents[:_DOCUMENTS]}
    queries = dict(collection.queries.iter_rows())
    answers = {
        query_id: doc_id
        for query_id, doc_id, _ in collection.train_judgements.iter_rows()
        if doc_id in first
    }
    pairs = [(query_id, queries[query_id], doc_id) for query_id, doc_id in answers.items()]
    return documents, pairs[:_QUERIES]


def _embed(documents: Sequence[tuple[str, str]], cache: Path) -> _Run:
    from trisampler.encoders.embeddings import embed
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings, EncodingSettings
    from trisampler.encoders.vector_cache import VectorCache

    ids, texts = zip(*sorted(documents), strict=True)
    started = time.perf_counter()
    encoder = Encoder.load(EncoderSettings(document_length=_TOKENS))
    found = embed(encoder, texts, ids, "document", VectorCache(cache), EncodingSettings())
    return _Run(found.encoded, time.perf_counter() - started)


def _write_source(
    folder: Path, documents: Sequence[tuple[str, str]], pairs: Sequence[tuple[str, str, str]]
) -> None:
    """A BEIR folder; every third query is a dev query, every third a test query."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"_id": doc_id, "title": "", "text": text}) for doc_id, text in documents]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = [json.dumps({"_id": query_id, "text": text}) for query_id, text, _ in pairs]
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for number, split in enumerate(("train", "dev", "test")):
        lines = ["query-id\tcorpus-id\tscore"]
        lines += [f"{query_id}\t{doc_id}\t1" for query_id, _, doc_id in pairs[number::3]]
        (folder / f"qrels/{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _kedro_run(project: Path, source: Path) -> _Run:
    parameters = f"source.path={source},encoder.document_length={_TOKENS}"
    what = ("--pipelines", "ingestion,baseline", "--params", parameters)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", *what],
        cwd=project,
        env=os.environ | {"KEDRO_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout)
    encoded = [int(m[3]) for m in _ENCODED.finditer(done.stdout) if m[2] == "document"]
    return _Run(sum(encoded), time.perf_counter() - started)


def _in_turn(folder: Path) -> dict[str, list[_Run]]:
    documents, pairs = _collection()
    parts = (documents[:_DOCUMENTS], documents[:_DOCUMENTS], documents)
    runs = {"embed": [_embed(part, folder / "cache") for part in parts], "kedro run": []}
    copy_project(folder / "project")
    for part in parts:
        _write_source(folder / "source", part, pairs)
        runs["kedro run"].append(_kedro_run(folder / "project", folder / "source"))
    return runs


def main() -> None:
    """Three runs of each kind."""
    with tempfile.TemporaryDirectory() as name:
        runs = _in_turn(Path(name))
    print("| | | documents encoded | seconds |")
    print("|---|---|---|---|")
    cases = ("at first", "nothing changed", "1 % more documents")
    for kind, three in runs.items():
        for case, run in zip(cases, three, strict=True):
            print(f"| {kind} | {case} | {run.encoded:,} | {run.seconds:.1f} |")
    claims = []
    for kind, three in runs.items():
        for case, run, bar in zip(cases, three, (_DOCUMENTS, 0, _NEW), strict=True):
            words = f"documents encoded by {kind}, {case}, {_DOCUMENTS:,} documents"
            claims.append(Claim(words, run.encoded, bar, run.encoded == bar, hardware()))
    report(claims)


if __name__ == "__main__":
    main()
