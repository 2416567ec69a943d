"""Every kind of bad source gives one error that names the place, the find and the mending.

What can be mended is mended and counted. A new kind is a row of one of the two tables.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpora.sources import FORMS
from trisampler.atomic import write_json
from trisampler.corpora.errors import SourceError
from trisampler.corpora.reading import digest_source, read_collection
from trisampler.corpora.settings import SourceSettings

Change = Callable[[Path], None]


@dataclass(frozen=True)
class Bad:
    name: str
    change: Change
    place: str  # file:line or file, as the message begins
    found: tuple[str, ...]
    form: str = "beir"


@dataclass(frozen=True)
class Mended:
    name: str
    change: Change
    file: str
    counted: dict[str, int]  # of that file, in the report
    form: str = "beir"


def line(file: str, number: int, content: str | bytes) -> Change:
    """Put another line in the place of line `number`, or after the last."""

    def change(folder: Path) -> None:
        raw = content.encode() if isinstance(content, str) else content
        lines = (folder / file).read_bytes().splitlines(keepends=True)
        lines[number - 1 : number] = [raw + b"\n"]
        (folder / file).write_bytes(b"".join(lines))

    return change


def whole(file: str, content: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / file).write_bytes(content)

    return change


def without(file: str) -> Change:
    return lambda folder: (folder / file).unlink()


def both(*changes: Change) -> Change:
    def change(folder: Path) -> None:
        for each in changes:
            each(folder)

    return change


def recoded(file: str, encoding: str) -> Change:
    def change(folder: Path) -> None:
        (folder / file).write_bytes((folder / file).read_text("utf-8").encode(encoding))

    return change


def replaced(file: str, old: bytes, new: bytes) -> Change:
    def change(folder: Path) -> None:
        content = (folder / file).read_bytes()
        assert old in content
        (folder / file).write_bytes(content.replace(old, new))

    return change


def packed(file: str) -> Change:
    def change(folder: Path) -> None:
        (folder / file).write_bytes(gzip.compress((folder / file).read_bytes()))

    return change


def in_its_place(file: str, make: Callable[[Path], None]) -> Change:
    return both(without(file), lambda folder: make(folder / file))


def document(fields: str) -> bytes:
    return b'{"_id": "d2", ' + fields.encode() + b"}"


C, Q = "corpus.jsonl", "queries.jsonl"
TRAIN, DEV = "qrels/train.tsv", "qrels/dev.tsv"
HEADER = b"query-id\tcorpus-id\tscore\n"

CASES = [
    Bad("no corpus", without(C), "", (f"{C} is missing", Q, "qrels/")),
    Bad("no queries", without(Q), "", (f"{Q} is missing", C)),
    Bad("no train qrels", without(TRAIN), "", (f"{TRAIN} is missing", "dev.tsv")),
    Bad("no qrels folder", lambda f: shutil.rmtree(f / "qrels"), "", (f"{TRAIN} is missing", C)),
    Bad(
        "qrels of no split",
        whole("qrels/eval.tsv", HEADER),
        "qrels/eval.tsv",
        ("says no split", "train, dev or test"),
    ),
    Bad(
        "qrels of one split twice",
        whole("qrels/validation.tsv", HEADER),
        "",
        ("several files of qrels/dev: qrels/dev.tsv, qrels/validation.tsv", "Keep one"),
    ),
    Bad(
        "corpus is a folder",
        both(without(C), lambda f: (f / C).mkdir()),
        "",
        (f"{C} is missing", f"{C}/"),
    ),
    Bad("empty corpus", whole(C, b"\n"), C, ("corpus is empty",)),
    Bad(
        "corpus of blanks",
        whole(C, b'{"_id": "d1", "title": " ", "text": ""}\n'),
        C,
        ("all 1 documents are blank",),
    ),
    Bad("broken JSON", line(C, 3, '{"_id": "d3", "title'), f"{C}:3", ("broken JSON", '"title')),
    Bad("cut in a query", line(Q, 5, '{"_id": "q5", "text": "fif'), f"{Q}:5", ("broken JSON",)),
    Bad("a list", line(C, 2, '["d2", "text"]'), f"{C}:2", ("['d2', 'text']", "no object")),
    Bad("a number", line(Q, 1, "17"), f"{Q}:1", ("17", "no object")),
    Bad("too deep", line(C, 2, "[" * 100_000), f"{C}:2", ("broken JSON",)),
    Bad("a huge number", line(C, 2, '{"_id": 1' + "0" * 5000 + "}"), f"{C}:2", ("broken JSON",)),
    Bad("Latin-1", line(C, 2, "é".encode("latin-1")), f"{C}:2", ("'\\xe9'", "UTF-8")),
    Bad("Latin-1 query", line(Q, 2, b'{"_id": "q2", "text": "caf\xe9"}'), f"{Q}:2", ("\\xe9",)),
    Bad("Latin-1 qrels", line(TRAIN, 2, b"q\xe9\td1\t1"), f"{TRAIN}:2", ("\\xe9", "offset 26")),
    Bad("UTF-16", whole(Q, '{"_id": "q1"}'.encode("utf-16")), f"{Q}:1", ("\\xff", "-f UTF-16")),
    Bad("zeros", line(C, 2, b"\0\0\0"), f"{C}:2", ("broken JSON", "\\x00")),
    Bad("no id", line(C, 2, '{"id": "d2", "text": "x"}'), f"{C}:2", ('no "_id"', "id, text")),
    Bad("null id", line(C, 2, '{"_id": null, "text": "x"}'), f"{C}:2", ('"_id" is None',)),
    Bad("true id", line(Q, 2, '{"_id": true, "text": "x"}'), f"{Q}:2", ('"_id" is True',)),
    Bad("float id", line(C, 2, '{"_id": 2.5, "text": "x"}'), f"{C}:2", ('"_id" is 2.5',)),
    Bad("list id", line(C, 2, '{"_id": ["d2"], "text": "x"}'), f"{C}:2", ("['d2']",)),
    Bad("empty id", line(C, 2, '{"_id": "", "text": "x"}'), f"{C}:2", ("\"_id\" is ''",)),
    Bad("blank id", line(Q, 2, '{"_id": " ", "text": "x"}'), f"{Q}:2", ("\"_id\" is ' '",)),
    Bad("id of two words", line(C, 2, '{"_id": "d 2", "text": "x"}'), f"{C}:2", ("'d 2'", "_")),
    Bad("id no encoding holds", line(C, 2, r'{"_id": "\ud800"}'), f"{C}:2", (r"\ud800",)),
    Bad(
        "document twice",
        line(C, 7, '{"_id": "d1", "title": "", "text": "again"}'),
        f"{C}:7",
        ("'d1'", "line 1"),
    ),
    Bad("query twice", line(Q, 4, '{"_id": "q1", "text": "x"}'), f"{Q}:4", ("'q1'", "line 1")),
    Bad(
        "1 and '1'",
        both(line(C, 7, '{"_id": 1, "text": "x"}'), line(C, 8, '{"_id": "1"}')),
        f"{C}:8",
        ("'1'", "line 7"),
    ),
    Bad(
        "query without text", line(Q, 2, '{"_id": "q2"}'), f"{Q}:2", ("'q2'", "no text", "missing")
    ),
    Bad("query of null", line(Q, 2, '{"_id": "q2", "text": null}'), f"{Q}:2", ("'q2'", "None")),
    Bad(
        "query of blanks",
        line(Q, 2, '{"_id": "q2", "text": " \u3000"}'),
        f"{Q}:2",
        ("'q2'", "no text"),
    ),
    Bad(
        "unjudged query without text", line(Q, 6, '{"_id": "q6", "text": ""}'), f"{Q}:6", ("'q6'",)
    ),
    Bad("query of a list", line(Q, 2, '{"_id": "q2", "text": ["x"]}'), f"{Q}:2", ("['x']",)),
    Bad("document of a number", line(C, 2, '{"_id": "d2", "text": 5}'), f"{C}:2", ("5", "text")),
    Bad("title of a number", line(C, 2, '{"_id": "d2", "title": 5}'), f"{C}:2", ('"title" is 5',)),
    Bad(
        "judged document without text",
        line(C, 4, '{"_id": "d4", "title": "", "text": " "}'),
        f"{C}:4",
        ("'d4'", "judged", "dev.tsv:2"),
    ),
    Bad("qrels without header", whole(TRAIN, b"q1\td1\t1\n"), f"{TRAIN}:1", (r"q1\td1\t1",)),
    Bad("other header", line(TRAIN, 1, "qid\tdocid\trel"), f"{TRAIN}:1", ("qid", "query-id")),
    Bad("header of blanks", line(DEV, 1, "query-id corpus-id score"), f"{DEV}:1", ("id score",)),
    Bad("header of commas", line(DEV, 1, "query-id,corpus-id,score"), f"{DEV}:1", ("id,score",)),
    Bad("TREC's qrels", whole(TRAIN, b"q1 0 d1 1\n"), f"{TRAIN}:1", ("q1 0 d1 1",)),
    Bad("qrels of no bytes", whole(TRAIN, b""), f"{TRAIN}:1", ("empty", "query-id")),
    Bad("two columns", line(TRAIN, 3, "q2\td2"), f"{TRAIN}:3", ("2 columns", r"q2\td2")),
    Bad("one column", line(TRAIN, 3, "q2 d2 1"), f"{TRAIN}:3", ("1 column in", "q2 d2 1")),
    Bad("no query id", line(TRAIN, 3, "\td2\t1"), f"{TRAIN}:3", ("empty id",)),
    Bad("relevance 1.0", line(TRAIN, 3, "q2\td2\t1.0"), f"{TRAIN}:3", ("'1.0'", "integer")),
    Bad("relevance yes", line(DEV, 2, "q4\td4\tyes"), f"{DEV}:2", ("'yes'", "integer")),
    Bad("relevance of none", line(DEV, 2, "q4\td4\t"), f"{DEV}:2", ("''", "integer")),
    Bad(
        "relevance of other digits",
        line(DEV, 2, "q4\td4\t\uff11"),
        f"{DEV}:2",
        ("\uff11", "integer"),
    ),
    Bad("relevance too large", line(DEV, 2, "q4\td4\t9999999999"), f"{DEV}:2", ("9999999999",)),
    Bad("unknown query", line(TRAIN, 4, "q9\td1\t1"), f"{TRAIN}:4", ("'q9'", Q, "1 of 4")),
    Bad("unknown document", line(TRAIN, 4, "q2\td9\t1"), f"{TRAIN}:4", ("'d9'", C)),
    Bad("unknown in dev", line(DEV, 2, "q4\td99\t1"), f"{DEV}:2", ("'d99'",)),
    Bad("id with a blank after it", line(DEV, 2, "q4 \td4\t1"), f"{DEV}:2", ("'q4 '",)),
    Bad("contradiction", line(TRAIN, 6, "q1\td1\t2"), f"{TRAIN}:6", ("'d1'", "'q1'", "line 2")),
    Bad("no judgement", whole(TRAIN, HEADER), TRAIN, ("no training pair", "no judgement")),
    Bad(
        "no positive",
        whole(TRAIN, HEADER + b"q1\td1\t0\n"),
        TRAIN,
        ("no training pair", "none of 1"),
    ),
    Bad(
        "all moved to dev",
        both(whole(TRAIN, HEADER + b"q1\td1\t1\n"), whole(DEV, HEADER + b"q1\td1\t1\n")),
        TRAIN,
        ("no training pair is left of 1", "1 training queries"),
    ),
    Bad("UTF-16 corpus", recoded(C, "utf-16"), f"{C}:1", ("\\xff", "-f UTF-16")),
    Bad("UTF-16 qrels", recoded(TRAIN, "utf-16-be"), f"{TRAIN}:1", ("header",)),
    Bad("packed under a plain name", packed(C), f"{C}:1", ("\\x8b", "ending .gz")),
    Bad("another case", lambda f: (f / C).rename(f / "Corpus.jsonl"), "", ("found there: Corpus",)),
    Bad("a pipe", in_its_place(C, os.mkfifo), "", (f"{C} is missing", "no regular file")),
    Bad(
        "a link to itself",
        in_its_place(C, lambda path: path.symlink_to(path)),
        "",
        (f"{C} is missing", "a link to nothing"),
    ),
    Bad(
        "a link to nothing",
        in_its_place(Q, lambda path: path.symlink_to(path.parent / "nowhere")),
        "",
        (f"{Q} is missing", "a link to nothing"),
    ),
    Bad(
        "qrels is a file",
        both(lambda f: shutil.rmtree(f / "qrels"), whole("qrels", b"x")),
        "",
        (f"{TRAIN} is missing",),
    ),
    Bad(
        "triples cut off",
        whole("triples.train.tsv.gz", gzip.compress(b"q1\td1\td2\n" * 1000)[:40]),
        "triples.train.tsv.gz",
        ("unpacked", "again"),
    ),
    Bad(
        "triples not packed",
        whole("triples.train.tsv.gz", b"q1\td1\td2\n"),
        "triples.train.tsv.gz",
        ("unpacked",),
    ),
    Bad("an array of all", whole(C, b'[{"_id": "d1"}]'), f"{C}:1", ("no object",)),
    Bad("two objects on a line", line(C, 2, b'{"_id": "d2"} {"_id": "d3"}'), f"{C}:2", ("Extra",)),
    Bad("a web page", whole(C, b"<html>404</html>\n"), f"{C}:1", ("<html>",)),
    Bad("a pointer of git-lfs", whole(C, b"version https://git-lfs"), f"{C}:1", ("git-lfs",)),
    Bad("old Macintosh line ends", replaced(C, b"\n", b"\r"), f"{C}:1", ("broken JSON",)),
    Bad("a raw tab in JSON", line(C, 2, document('"text": "a\tb"')), f"{C}:2", ("control",)),
    Bad("text is NaN", line(C, 2, document('"text": NaN')), f"{C}:2", ('"text" is nan',)),
    Bad("id is NaN", line(C, 2, '{"_id": NaN, "text": "x"}'), f"{C}:2", ('"_id" is nan',)),
    Bad("deep inside", line(C, 2, document(f'"x": {"[" * 90_000}')), f"{C}:2", ("broken JSON",)),
    Bad("id with a tab", line(C, 2, r'{"_id": "d\t2", "text": "x"}'), f"{C}:2", (r"d\t2",)),
    Bad("id of two lines", line(C, 2, r'{"_id": "d\n2", "text": "x"}'), f"{C}:2", (r"d\n2",)),
    Bad("id with a zero", line(C, 2, r'{"_id": "d\u0000", "text": "x"}'), f"{C}:2", (r"d\x00",)),
    Bad("id with a zero in qrels", line(TRAIN, 3, b"q2\td\x002\t1"), f"{TRAIN}:3", (r"d\x002",)),
    Bad("a document once more", line(C, 7, document('"text": "x"')), f"{C}:7", ("line 2",)),
    Bad("relevance .5", line(TRAIN, 3, "q2\td2\t0.5"), f"{TRAIN}:3", ("'0.5'", "integer")),
    Bad("relevance nan", line(TRAIN, 3, "q2\td2\tnan"), f"{TRAIN}:3", ("'nan'", "integer")),
    Bad("relevance 1_0", line(TRAIN, 3, "q2\td2\t1_0"), f"{TRAIN}:3", ("'1_0'", "integer")),
    Bad(
        "relevance of thousands of digits",
        line(TRAIN, 3, "q2\td2\t" + "9" * 5000),
        f"{TRAIN}:3",
        ("999", "too large"),
    ),
    Bad("all negative", whole(TRAIN, HEADER + b"q1\td1\t-1\n"), TRAIN, ("no training pair",)),
    Bad("TREC's columns", line(TRAIN, 2, "q1\t0\td1\t1"), f"{TRAIN}:2", ("'d1'", "integer")),
    Bad("no query at all", whole(Q, b""), f"{TRAIN}:2", ("'q1'", "4 of 4")),
    Bad("dev without header", whole(DEV, b""), f"{DEV}:1", ("empty", "query-id")),
    # ------------------------------------------------------------------- other forms
    Bad(
        "no text in the collection",
        line("collection.tsv", 2, "d2"),
        "collection.tsv:2",
        ("1 column",),
        "msmarco",
    ),
    Bad(
        "a document of MS MARCO twice",
        line("collection.tsv", 7, "d1\tagain"),
        "collection.tsv:7",
        ("'d1'", "line 1"),
        "msmarco",
    ),
    Bad(
        "MS MARCO's judgement of nothing",
        line("qrels.dev.tsv", 1, "q4\t0\td99\t1"),
        "qrels.dev.tsv:1",
        ("'d99'",),
        "msmarco",
    ),
    Bad("no collection", without("collection.tsv"), "", ("collection",), "msmarco"),
    Bad(
        "relevance of TREC",
        line("qrels.txt", 2, "q2 0 d2 high"),
        "qrels.txt:2",
        ("'high'", "integer"),
        "trec",
    ),
    Bad(
        "three columns among four", line("qrels.txt", 2, "q2 d2 1"), "qrels.txt:2", ("3 c",), "trec"
    ),
    Bad("topics packed", packed("topics.tsv"), "topics.tsv:1", ("ending .gz",), "trec"),
    Bad(
        "pairs without a positive",
        replaced("pairs.csv", b"positive", b"x"),
        "pairs.csv:2",
        ("x",),
        "pairs",
    ),
    Bad(
        "DPR cut off",
        replaced("toy-train.json", b"}]", b""),
        "toy-train.json",
        ("broken JSON",),
        "dpr",
    ),
    Bad(
        "no Python",
        whole("module.py", b"def f(:\n"),
        "",
        ("no documented function",),
        "python-source",
    ),
]

MENDED = [
    Mended(
        "byte-order mark",
        replaced(C, b'{"_id": "d1"', b'\xef\xbb\xbf{"_id": "d1"'),
        C,
        {"byte_order_mark": 1},
    ),
    Mended("Windows line ends", replaced(TRAIN, b"\n", b"\r\n"), TRAIN, {"windows_line_ends": 5}),
    Mended("blank lines", replaced(Q, b"}\n", b"}\n\n"), Q, {"blank_lines": 5}),
    Mended(
        "ids of numbers", line(C, 7, '{"_id": 7, "title": "", "text": "x"}'), C, {"integer_ids": 1}
    ),
    Mended("no title", line(C, 2, document('"text": "x"')), C, {"missing_title": 1}),
    Mended(
        "an unjudged document without text",
        line(C, 7, '{"_id": "d7", "title": "", "text": " "}'),
        C,
        {"blank_documents_dropped": 1},
    ),
    Mended(
        "more fields",
        line(C, 2, document('"title": "", "text": "x", "n": NaN')),
        C,
        {"extra_fields": 1},
    ),
    Mended("more columns", line(TRAIN, 2, "q1\td1\t1\tx"), TRAIN, {"extra_columns": 1}),
    Mended("a judgement repeated", line(TRAIN, 6, "q1\td1\t1"), TRAIN, {"repeated_judgements": 1}),
    Mended(
        "negative relevance", line(TRAIN, 4, "q2\td3\t-2"), TRAIN, {"negative_relevance_as_0": 1}
    ),
    Mended(
        "half a character",
        line(C, 2, document(r'"title": "", "text": "x \ud800"')),
        C,
        {"unpaired_surrogates": 1},
    ),
    Mended(
        "an unjudged query",
        line(Q, 6, '{"_id": "q6", "text": "x"}'),
        Q,
        {"unjudged_queries_dropped": 1},
    ),
    Mended(
        "a very long line",
        line(C, 2, document(f'"title": "", "text": "{"x " * 2_000_000}"')),
        C,
        {},
    ),
    Mended(
        "no dev, no test",
        both(without(DEV), without("qrels/test.tsv")),
        Q,
        {"unjudged_queries_dropped": 2},
    ),
    Mended(
        "Windows line ends of TREC",
        replaced("qrels.txt", b"\n", b"\r\n"),
        "qrels.txt",
        {"windows_line_ends": 7},
        "trec",
    ),
]


def folder_of(form: str, clean_folder: Path, tmp_path: Path) -> Path:
    return clean_folder if form == "beir" else FORMS[form](tmp_path / form)


def settings_of(form: str, folder: Path) -> SourceSettings:
    return SourceSettings.model_validate({"path": str(folder), "format": form})


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
def test_bad_source(clean_folder: Path, tmp_path: Path, bad: Bad) -> None:
    folder = folder_of(bad.form, clean_folder, tmp_path)
    bad.change(folder)
    before = contents(tmp_path)
    with pytest.raises(SourceError) as caught:
        read_collection(settings_of(bad.form, folder), seed=0)
    message = str(caught.value)
    place = str(folder / bad.place) if bad.place else str(folder)
    assert message.startswith(f"{place}: ")
    for found in bad.found:
        assert found in message
    assert len(message) < 900
    assert contents(tmp_path) == before


def contents(folder: Path) -> set[tuple[Path, int]]:
    return {(path, path.lstat().st_size) for path in folder.rglob("*")}


@pytest.mark.parametrize("mended", MENDED, ids=lambda mended: mended.name)
def test_mended_source(clean_folder: Path, tmp_path: Path, mended: Mended) -> None:
    folder = folder_of(mended.form, clean_folder, tmp_path)
    mended.change(folder)
    report = read_collection(settings_of(mended.form, folder), seed=0).report
    assert report["repairs"].get(mended.file, {}) == mended.counted


def test_a_query_in_two_splits_stays_in_the_later_one(clean_folder: Path) -> None:
    line(DEV, 3, "q1\td1\t1")(clean_folder)
    collection = read_collection(SourceSettings(path=str(clean_folder)), seed=0)
    assert collection.report["queries_in_several_splits"]["examples"] == ["q1"]
    assert "q1" not in collection.train_judgements["query_id"]


def test_a_corpus_of_one_document(clean_folder: Path) -> None:
    both(
        whole(C, b'{"_id": "d1", "text": "x"}\n'),
        whole(TRAIN, HEADER + b"q1\td1\t1\n"),
        without(DEV),
        without("qrels/test.tsv"),
    )(clean_folder)
    collection = read_collection(SourceSettings(path=str(clean_folder)), seed=0)
    assert collection.corpus.height == 1
    assert collection.report["splits"]["dev"]["queries"] == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(clean_folder: Path) -> None:
    (clean_folder / C).chmod(0)
    with pytest.raises(SourceError, match=r"corpus\.jsonl: cannot be read"):
        read_collection(SourceSettings(path=str(clean_folder)), seed=0)


def test_offset_counts_bytes_of_the_file(clean_folder: Path) -> None:
    corpus = clean_folder / C
    start = len(corpus.read_bytes())
    corpus.write_bytes(corpus.read_bytes() + b'{"_id": "\xc3\xa9", "text": "\xff"}\n')
    with pytest.raises(SourceError, match=f"offset {start + 23} "):
        read_collection(SourceSettings(path=str(clean_folder)), seed=0)


def test_offset_counts_the_byte_order_mark(clean_folder: Path) -> None:
    (clean_folder / Q).write_bytes(b"\xef\xbb\xbf\xff\n")
    with pytest.raises(SourceError, match="offset 3 "):
        read_collection(SourceSettings(path=str(clean_folder)), seed=0)


def missing(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "there"


def archive(tmp_path: Path) -> Path:
    (tmp_path / "set.tar.xz").write_bytes(b"x")
    return tmp_path / "set.tar.xz"


def other_files(tmp_path: Path) -> Path:
    (tmp_path / "texts.tsv").write_text("1\ttext\n")
    return tmp_path


def nested(tmp_path: Path) -> Path:
    (tmp_path / "scifact").mkdir()
    (tmp_path / "scifact" / C).write_text("")
    return tmp_path


@pytest.mark.parametrize("wanted", ["auto", "beir"])
@pytest.mark.parametrize(
    ("make", "found"),
    [
        (missing, ("does not exist", "here/")),
        (archive, ("a file, not a folder", "unpack")),
        (other_files, ("BEIR", "texts.tsv", "corpus.jsonl")),
        (lambda folder: folder, ("BEIR", "it is empty")),
        (nested, ("BEIR", "scifact/ in it")),
    ],
    ids=["missing", "archive", "other files", "empty", "nested"],
)
@pytest.mark.parametrize("use", ["read", "digest"])
def test_no_source_there(
    tmp_path: Path, make: Callable[[Path], Path], found: tuple[str, ...], wanted: str, use: str
) -> None:
    place = make(tmp_path)
    settings = SourceSettings.model_validate({"path": str(place), "format": wanted})
    with pytest.raises(SourceError) as caught:
        read_collection(settings, 0) if use == "read" else digest_source(settings)
    assert str(caught.value).startswith(f"{place}: ")
    for each in found:
        assert each in str(caught.value)


def test_error_of_the_file_system_is_a_source_error(clean_folder: Path) -> None:
    name_too_long = clean_folder / ("n" * 300)
    with pytest.raises(SourceError, match="cannot be read"):
        read_collection(SourceSettings(path=str(name_too_long)), seed=0)


def test_names_that_are_not_utf8(clean_folder: Path, tmp_path: Path) -> None:
    settings = SourceSettings(path=str(clean_folder))
    for folder in (clean_folder, tmp_path / "pairs"):
        folder.mkdir(exist_ok=True)
        Path(os.fsdecode(os.fsencode(folder) + b"/train-caf\xe9.csv")).write_text(
            "query,pos\na,b\n"
        )
    report = read_collection(settings, seed=0).report
    assert report["files_ignored"] == [r"train-caf\udce9.csv"]
    write_json(tmp_path / "report.json", report)
    with pytest.raises(SourceError, match=r"train-caf.udce9\.csv: the name is not UTF-8") as caught:
        digest_source(SourceSettings(path=str(tmp_path / "pairs")))
    assert str(caught.value).isascii()
    (clean_folder / "corpus.jsonl").unlink()
    with pytest.raises(SourceError, match=r"found there: .*train-caf.udce9\.csv"):
        digest_source(settings)
