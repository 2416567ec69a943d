"""One small whole source in every form there is, for tests to damage."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from corpora.conftest import _write

DOCUMENTS = {f"d{number}": f"document {number} on café 字" for number in range(1, 7)}
QUERIES = {
    f"q{number}": f"{word} query"
    for number, word in enumerate(("first", "second", "third", "fourth", "fifth"), start=1)
}
QRELS = {
    "train": [("q1", "d1", 1), ("q2", "d2", 2), ("q2", "d3", 0), ("q3", "d3", 1)],
    "dev": [("q4", "d4", 1)],
    "test": [("q5", "d5", 1), ("q5", "d6", 1)],
}


def _lines(rows: list[str]) -> str:
    return "".join(f"{row}\n" for row in rows)


def _files(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def beir(folder: Path) -> Path:
    _write(folder, DOCUMENTS, QUERIES, QRELS)
    (folder / "triples.train.tsv").write_text("q1\td1\td4\nq2\td2\td5\n", newline="")
    return folder


def msmarco(folder: Path) -> Path:
    files = {"collection.tsv": _lines([f"{key}\t{text}" for key, text in DOCUMENTS.items()])}
    for split, rows in QRELS.items():
        asked = sorted({query_id for query_id, *_ in rows})
        files[f"queries.{split}.tsv"] = _lines([f"{key}\t{QUERIES[key]}" for key in asked])
        files[f"qrels.{split}.tsv"] = _lines([f"{q}\t0\t{d}\t{r}" for q, d, r in rows])
    return _files(folder, files)


def trec(folder: Path) -> Path:
    documents = [
        f"<DOC>\n<DOCNO>{key}</DOCNO>\n<TEXT>{text}</TEXT>\n</DOC>"
        for key, text in DOCUMENTS.items()
    ]
    topics = [f"{key}\t{text}" for key, text in QUERIES.items()]
    judged = [f"{q} 0 {d} {r}" for rows in QRELS.values() for q, d, r in rows]
    return _files(
        folder,
        {
            "documents.trec": _lines(documents),
            "topics.tsv": _lines(topics),
            "qrels.txt": _lines(judged),
        },
    )


def pairs(folder: Path) -> Path:
    judged = [row for rows in QRELS.values() for row in rows]
    rows = [f"{QUERIES[q]},{DOCUMENTS[d]}" for q, d, r in judged if r]
    return _files(folder, {"pairs.csv": _lines(["anchor,positive", *rows])})


def dpr(folder: Path) -> Path:
    def passage(key: str) -> dict[str, Any]:
        return {"passage_id": key, "title": f"Title {key}", "text": DOCUMENTS[key]}

    elements = [
        {
            "question": QUERIES[query_id],
            "answers": [],
            "positive_ctxs": [passage(doc_id)],
            "negative_ctxs": [],
            "hard_negative_ctxs": [passage("d6")],
        }
        for query_id, doc_id in (("q1", "d1"), ("q2", "d2"), ("q3", "d3"), ("q4", "d4"))
    ]
    return _files(folder, {"toy-train.json": json.dumps(elements, ensure_ascii=False)})


def python(folder: Path) -> Path:
    functions = [
        f'def function_{number}(a, b):\n    """Compute the {word} of two numbers."""\n'
        f"    c = a + {number}\n    d = b\n    return c * d\n\n"
        for number, word in enumerate(("sum", "product", "mean", "spread", "ratio", "order"))
    ]
    return _files(folder, {"module.py": "\n".join(functions)})


FORMS: dict[str, Callable[[Path], Path]] = {
    "beir": beir,
    "msmarco": msmarco,
    "trec": trec,
    "pairs": pairs,
    "dpr": dpr,
    "python-source": python,
}
