"""DPR's training data: what is read, what is skipped, what is refused."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.errors import SourceError
from trisampler.corpora.reading import digest_source, read_collection
from trisampler.corpora.settings import SourceSettings
from trisampler.hashing import digest_text

Element = dict[str, Any]

FLAGS = {"title": "Flag of Mars", "text": "The flag of Mars is red, green and blue."}
MOONS = {"title": "Moons of Mars", "text": "Phobos and Deimos are the moons."}
VENUS = {"title": "Venus", "text": "Venus has no moon \u2013 none at all."}
EARTH = {"title": "Earth", "text": "The Earth has one."}

# As biencoder-nq-train.json has them, with passage_id, and as the other sets do, with psg_id.
NQ: list[Element] = [
    {
        "dataset": "nq_train_psgs_w100",
        "question": "how many moons does mars have",
        "answers": ["two", "2"],
        "positive_ctxs": [
            {**MOONS, "score": 1000, "title_score": 1, "passage_id": "101"},
            {**FLAGS, "score": 12.8, "title_score": 0, "passage_id": "100"},
        ],
        "negative_ctxs": [{**EARTH, "score": 0, "title_score": 0, "passage_id": "103"}],
        "hard_negative_ctxs": [
            {**VENUS, "score": 16.5, "title_score": 0, "passage_id": "102"},
        ],
    },
    {
        "dataset": "nq_train_psgs_w100",
        "question": "what is on the flag of mars",
        "answers": ["red"],
        "positive_ctxs": [{**FLAGS, "score": 1000, "title_score": 1, "passage_id": "100"}],
        "negative_ctxs": [],
        "hard_negative_ctxs": [
            {**EARTH, "score": 9.1, "title_score": 0, "passage_id": "103"},
            {**MOONS, "score": 9.0, "title_score": 0, "passage_id": "101"},
            {**EARTH, "score": 8.0, "title_score": 0, "passage_id": "103"},
        ],
    },
    {
        "dataset": "nq_train_psgs_w100",
        "question": "a question nobody could answer",
        "answers": [],
        "positive_ctxs": [],
        "negative_ctxs": [{"title": "Pluto", "text": "No planet.", "passage_id": "200"}],
        "hard_negative_ctxs": [],
    },
]
DEV: list[Element] = [
    {
        "question": "does venus have a moon",
        "answers": ["no"],
        "positive_ctxs": [{**VENUS, "psg_id": "102"}],
        "negative_ctxs": [{"title": "Sun", "text": "A star.", "psg_id": "300"}],
        "hard_negative_ctxs": [],
    }
]


def ident(question: str) -> str:
    return digest_text(question).hex()


MARS, FLAG, DOES = (element["question"] for element in (NQ[0], NQ[1], DEV[0]))


def write(path: Path, elements: Sequence[Any]) -> Path:
    text = json.dumps(elements, indent=4)
    if ".jsonl" in path.name:
        text = "".join(json.dumps(element) + "\n" for element in elements)
    raw = text.encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def read(path: Path, **values: Any) -> Collection:
    return read_collection(SourceSettings(path=str(path), **values), seed=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "retriever"
    folder.mkdir()
    write(folder / "biencoder-nq-train.json", NQ)
    write(folder / "biencoder-nq-dev.json", DEV)
    return folder


def test_published_form(folder: Path) -> None:
    collection = read(folder)
    assert collection.corpus.rows() == [
        ("100", *FLAGS.values()),
        ("101", *MOONS.values()),
        ("102", *VENUS.values()),
        ("103", *EARTH.values()),
        ("300", "Sun", "A star."),
    ]
    asked = collection.queries.select("query_id", "text").rows()
    assert sorted(asked) == sorted((ident(question), question) for question in (MARS, FLAG, DOES))
    assert "nq_train_psgs_w100" in collection.queries["source"].to_list()
    assert set(collection.train_judgements.rows()) == {
        (ident(MARS), "100", 1),
        (ident(MARS), "101", 1),
        (ident(FLAG), "100", 1),
    }
    assert collection.dev_judgements.rows() == [(ident(DOES), "102", 1)]
    assert collection.test_judgements.is_empty()
    by_query: dict[str, list[tuple[str, int]]] = {}
    for query_id, doc_id, rank in collection.given_negatives.rows():
        by_query.setdefault(query_id, []).append((doc_id, rank))
    assert by_query == {
        ident(MARS): [("102", 1), ("103", 2)],  # the hard one first
        ident(FLAG): [("103", 1), ("101", 2)],
    }
    report = collection.report
    assert report["format"] == "dpr"
    assert report["details"]["passages"] == {
        "different": 5,
        "without_id": 0,
        "with_the_id_of_another": 0,
    }
    assert report["repairs"] == {
        "biencoder-nq-train.json": {"questions_without_positive_skipped": 1}
    }
    assert report["given_negatives"]["kept"] == 4
    assert report["given_negatives"]["repeated"] == 1
    assert set(report["files"]) == {"biencoder-nq-train.json", "biencoder-nq-dev.json"}
    assert report["files_ignored"] == []
    assert any("passages that these files hold" in note for note in report["notes"])
    assert json.loads(json.dumps(report)) == report


def tables(collection: Collection) -> list[Any]:
    judged = [collection.judgements(split).rows() for split in SPLITS]
    parts = (collection.corpus, collection.queries, collection.given_negatives)
    return [*judged, *(table.rows() for table in parts)]


@pytest.mark.parametrize("ending", [".json", ".jsonl", ".json.gz", ".jsonl.gz"])
def test_a_list_and_lines_packed_or_not_are_the_same(
    folder: Path, tmp_path: Path, ending: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write(other / f"train{ending}", NQ)
    write(other / f"dev{ending}", DEV)
    assert tables(read(other)) == tables(read(folder))


def test_lines_in_a_file_called_json(folder: Path) -> None:
    expected = tables(read(folder))
    path = folder / "biencoder-nq-train.json"
    path.write_text("\n".join(json.dumps(element) for element in NQ))
    assert tables(read(folder)) == expected


def test_one_file_is_trained_on_whatever_its_name(tmp_path: Path) -> None:
    collection = read(write(tmp_path / "dev-of-mine.json", NQ))
    both = {ident(MARS), ident(FLAG)}
    assert (
        set(collection.train_judgements["query_id"]) | set(collection.dev_judgements["query_id"])
        == both
    )
    assert collection.report["held_out"]["dev"]["queries"] == 1


def test_a_test_split_and_ignored_files(folder: Path) -> None:
    write(folder / "nq-test.jsonl", [DEV[0] | {"question": "another one"}])
    (folder / "qas.csv").write_text("")
    (folder / "train.txt").write_text("")
    collection = read(folder)
    assert collection.test_judgements.rows() == [(ident("another one"), "102", 1)]
    assert collection.report["files_ignored"] == ["qas.csv", "train.txt"]


def test_a_training_question_of_dev_has_no_given_negatives(folder: Path) -> None:
    write(folder / "biencoder-nq-dev.json", [*DEV, NQ[0] | {"question": MARS.upper()}])
    collection = read(folder)
    assert set(collection.given_negatives["query_id"]) == {ident(FLAG)}
    assert min(ident(MARS), ident(MARS.upper())) in set(collection.dev_judgements["query_id"])


def test_passages_without_ids_are_known_by_their_text(tmp_path: Path) -> None:
    element = {
        "question": MARS,
        "positive_ctxs": [MOONS, {**MOONS, "passage_id": ""}],
        "hard_negative_ctxs": [{**VENUS, "passage_id": None}, VENUS],
    }
    second = {"question": FLAG, "positive_ctxs": [FLAGS], "negative_ctxs": [MOONS]}
    collection = read(write(tmp_path / "train.json", [element, second]), dev_fraction=0.01)
    assert sorted(collection.corpus.rows()) == sorted(
        (digest_text(f"{each['title']}\0{each['text']}").hex(), *each.values())
        for each in (MOONS, VENUS, FLAGS)
    )
    assert collection.report["details"]["passages"]["without_id"] == 3


def test_an_id_with_two_texts_is_two_passages_and_counted(tmp_path: Path) -> None:
    elements = [
        {
            "question": question,
            "positive_ctxs": [{**positive, "passage_id": "0"}],
            "hard_negative_ctxs": [{**negative, "passage_id": "1"}],
        }
        for question, positive, negative in ((MARS, MOONS, EARTH), (FLAG, FLAGS, EARTH))
    ]
    collection = read(write(tmp_path / "train.json", elements))
    texts = {doc_id: text for doc_id, _, text in collection.corpus.rows()}
    assert texts == {
        "0": MOONS["text"],
        f"0#{digest_text(FLAGS['title'] + chr(0) + FLAGS['text']).hex()}": FLAGS["text"],
        "1": EARTH["text"],
    }
    assert collection.report["details"]["passages"]["with_the_id_of_another"] == 1


def test_mended_and_counted(tmp_path: Path) -> None:
    elements = copy.deepcopy(NQ)
    elements[0]["positive_ctxs"][0]["passage_id"] = 101
    elements[0]["positive_ctxs"][0]["title"] = None
    elements[0]["hard_negative_ctxs"].append({"title": "", "text": " \n", "passage_id": "9"})
    del elements[1]["negative_ctxs"], elements[1]["answers"]
    elements[1]["hard_negative_ctxs"] = None
    path = write(tmp_path / "train.json", elements)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    collection = read(path)
    assert ("101", "", MOONS["text"]) in collection.corpus.rows()
    assert "9" not in set(collection.corpus["doc_id"])
    assert collection.report["repairs"] == {
        "train.json": {
            "blank_negatives_dropped": 1,
            "byte_order_mark": 1,
            "integer_ids": 1,
            "missing_title": 1,
            "questions_without_positive_skipped": 1,
        }
    }


def test_a_question_that_stands_twice_is_one(tmp_path: Path) -> None:
    again = {
        "question": MARS,
        "positive_ctxs": NQ[0]["positive_ctxs"][:1],
        "negative_ctxs": [{"title": "", "text": "more", "passage_id": "400"}],
    }
    other = {"question": "x", "positive_ctxs": NQ[0]["positive_ctxs"]}
    collection = read(write(tmp_path / "train.json", [NQ[0], again, other]), dev_fraction=0.01)
    assert collection.queries.height == 2
    assert collection.report["repairs"]["train.json"] == {"repeated_judgements": 1}
    mine = collection.given_negatives.rows()
    if mine:
        assert mine == [
            (ident(MARS), doc, rank) for rank, doc in enumerate(["102", "103", "400"], 1)
        ]
    else:
        assert ident(MARS) in set(collection.dev_judgements["query_id"])


# -- what is wrong ---------------------------------------------------------------------------------

GOOD = NQ[0]


def changed(**fields: Any) -> Element:
    return copy.deepcopy(GOOD) | fields


def without(name: str) -> Element:
    return {key: value for key, value in GOOD.items() if key != name}


BAD_ELEMENTS: list[tuple[Any, tuple[str, ...]]] = [
    (without("question"), ("the query has no text", '"question" is missing')),
    (changed(question=""), ("the query has no text",)),
    (changed(question=["how"]), ("\"question\" is ['how'], not a string",)),
    (without("positive_ctxs"), ('no "positive_ctxs"', "question")),
    (changed(positive_ctxs=None), ('"positive_ctxs" is None, not a list',)),
    (changed(positive_ctxs={}), ('"positive_ctxs" is {}, not a list',)),
    (changed(positive_ctxs=["text"]), ("positive_ctxs[0]", "'text' is no object")),
    (changed(negative_ctxs="none"), ("\"negative_ctxs\" is 'none', not a list",)),
    (changed(hard_negative_ctxs=[VENUS, 7]), ("hard_negative_ctxs[1]", "7 is no object")),
    (changed(positive_ctxs=[{"title": "x"}]), ("positive_ctxs[0]", 'no "text"', "title")),
    (changed(positive_ctxs=[{"title": "", "text": " "}]), ("neither title nor text",)),
    (changed(negative_ctxs=[{"title": 5, "text": "x"}]), ("negative_ctxs[0]", '"title" is 5')),
    (changed(negative_ctxs=[{"text": None}]), ("negative_ctxs[0]", '"text" is None')),
    (changed(negative_ctxs=[VENUS | {"passage_id": "a b"}]), ("negative_ctxs[0]", "'a b'")),
    (changed(negative_ctxs=[VENUS | {"psg_id": 1.5}]), ("negative_ctxs[0]", '"psg_id" is 1.5')),
    (changed(negative_ctxs=[VENUS | {"psg_id": [1]}]), ("negative_ctxs[0]", '"psg_id" is [1]')),
    (17, ("17 is JSON but no object",)),
    ([GOOD], ("is JSON but no object",)),
]


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
@pytest.mark.parametrize(("bad", "found"), BAD_ELEMENTS)
def test_a_bad_element_is_named(
    tmp_path: Path, bad: Any, found: Sequence[str], ending: str
) -> None:
    path = write(tmp_path / f"train{ending}", [GOOD, NQ[2], bad, GOOD])
    with pytest.raises(SourceError) as caught:
        read(path)
    message = str(caught.value)
    place = f"{path}: element 3" if ending == ".json" else f"{path}:3"
    assert message.startswith((f"{place}: ", f"{place}, "))
    for each in found:
        assert each in message
    assert len(message) < 800


def cut(share: float) -> Callable[[bytes], bytes]:
    return lambda raw: raw[: int(len(raw) * share)]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (cut(0.4), "broken JSON after element 0 (parse error: premature EOF)"),
        (cut(0.9), "broken JSON after element 1 (parse error: premature EOF)"),
        (lambda raw: raw[:-1], "broken JSON after element 2 (parse error: premature EOF)"),
        (lambda raw: raw + b"]", "broken JSON after element 2 (parse error: trailing garbage)"),
        (lambda raw: raw.replace(b"9.1", b"NaN"), "broken JSON after element 1"),
        (lambda raw: raw.replace(b"Flag of", b"Fl\xe9g of", 1), "invalid bytes in UTF8 string"),
        (lambda raw: b"[" + raw, "is JSON but no object"),
        (lambda _: b"[]", "no question with positive_ctxs (0 without)"),
        (lambda _: b"", "no question with positive_ctxs (0 without)"),
        (lambda _: b'{"data": []}', 'no "positive_ctxs"'),
        (lambda _: json.dumps(NQ[2:]).encode(), "no question with positive_ctxs (1 without)"),
        (lambda _: json.dumps(GOOD, indent=1).encode(), "broken JSON"),
        (lambda raw: gzip.compress(raw), "not UTF-8"),
    ],
)
def test_a_damaged_file(tmp_path: Path, damage: Callable[[bytes], bytes], found: str) -> None:
    path = write(tmp_path / "train.json", NQ[:2])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SourceError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert found in str(caught.value)


def test_a_cut_archive(tmp_path: Path) -> None:
    path = write(tmp_path / "train.json.gz", [NQ[0] | {"question": str(n)} for n in range(2000)])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SourceError, match=r"train.json.gz: cannot be unpacked"):
        read(path)


# -- which source is one ---------------------------------------------------------------------------


def test_a_source_tree_with_a_training_file_of_another_kind_is_source(tmp_path: Path) -> None:
    (tmp_path / "train_settings.json").write_text('{"steps": 7}')
    (tmp_path / "module.py").write_text(
        'def added(one, other):\n    """Add two numbers together."""\n'
        "    result = one + other\n    result += 0\n    return result\n"
    )
    assert read(tmp_path).report["format"] == "python-source"


def test_a_folder_without_the_key_can_be_forced_and_then_says_what_is_wrong(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "train.json", [{"query": "x"}])
    with pytest.raises(SourceError, match=r"in no form that is known.*train\.json"):
        read(tmp_path)
    with pytest.raises(SourceError, match=rf'{path}: element 1: no "positive_ctxs"'):
        read(tmp_path, format="dpr")


def test_two_files_of_a_split_and_none(folder: Path) -> None:
    write(folder / "trivia-train.json", NQ)
    with pytest.raises(SourceError, match=r"train split: biencoder-nq-train\.json, trivia-train"):
        read(folder)
    for name in ("trivia-train.json", "biencoder-nq-train.json"):
        (folder / name).unlink()
    with pytest.raises(SourceError, match="no file to train on; found there: biencoder-nq-dev"):
        read(folder, format="dpr")


@pytest.mark.parametrize("use", [read, lambda path: digest_source(SourceSettings(path=str(path)))])
def test_a_file_that_is_not_there(folder: Path, use: Callable[[Path], object]) -> None:
    with pytest.raises(SourceError, match=r"does not exist; in .*biencoder-nq-train"):
        use(folder / "nq-train.json")


def test_digest_is_of_the_files_read(folder: Path) -> None:
    settings = SourceSettings(path=str(folder))
    digests = [digest_source(settings)]
    (folder / "notes.txt").write_text("not read")
    assert digest_source(settings) == digests[0]
    assert read(folder).report["digest"] == digests[0]
    write(folder / "biencoder-nq-dev.json", [*DEV, *DEV])
    digests.append(digest_source(settings))
    digests.append(digest_source(SourceSettings(path=str(folder / "biencoder-nq-train.json"))))
    assert len(set(digests)) == 3


# -- against a plain reading -----------------------------------------------------------------------

contexts = st.lists(
    st.fixed_dictionaries(
        {"title": st.sampled_from(["", "T"]), "text": st.sampled_from(["a", "b", "c", "d"])},
        optional={"passage_id": st.sampled_from(["", "p1", "p2"]), "score": st.floats(0, 9)},
    ),
    max_size=4,
)
some_elements = st.lists(
    st.fixed_dictionaries(
        {"question": st.sampled_from(["one", "two", "three", "Two "]), "positive_ctxs": contexts},
        optional={"negative_ctxs": contexts, "hard_negative_ctxs": contexts},
    ),
    max_size=8,
)


@hypothesis_settings(deadline=None, max_examples=60)
@given(elements=some_elements)
def test_every_text_arrives_where_it_belongs(
    elements: list[Element], tmp_path_factory: pytest.TempPathFactory
) -> None:
    trained = [element for element in elements if element["positive_ctxs"]]
    if not trained:
        return
    folder = tmp_path_factory.mktemp("dpr")
    write(folder / "train.json", elements)
    write(folder / "dev.json", [{"question": "dev", "positive_ctxs": [{"text": "e"}]}])
    collection = read(folder)

    def whole(context: Element) -> tuple[str, str]:
        return context["title"], context["text"]

    relevant: dict[str, set[tuple[str, str]]] = {}
    listed: dict[str, list[tuple[str, str]]] = {}
    for element in trained:
        key = element["question"].strip().lower()
        relevant.setdefault(key, set()).update(map(whole, element["positive_ctxs"]))
        for name in ("hard_negative_ctxs", "negative_ctxs"):
            listed.setdefault(key, []).extend(map(whole, element.get(name, [])))
    texts = {doc_id: (title, text) for doc_id, title, text in collection.corpus.rows()}
    asked = {query_id: text.strip().lower() for query_id, text in collection.queries.rows()}
    found: dict[str, set[tuple[str, str]]] = {}
    for query_id, doc_id, _ in collection.train_judgements.rows():
        found.setdefault(asked[query_id], set()).add(texts[doc_id])
    assert found == relevant
    drawn: dict[str, list[tuple[str, str]]] = {}
    for query_id, doc_id, _ in collection.given_negatives.rows():
        drawn.setdefault(asked[query_id], []).append(texts[doc_id])
    for key, expected in listed.items():
        # Texts may repeat under other ids; each is first met in the order of the source.
        assert list(dict.fromkeys(drawn.get(key, []))) == list(dict.fromkeys(expected))
