"""Collections made of source code: a fabricated package, and the standard library."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from trisampler.corpora.collection import SPLITS
from trisampler.corpora.errors import SourceError
from trisampler.corpora.python_files import list_python_files
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.reading import digest_source, read_collection
from trisampler.corpora.settings import SourceSettings

SHAPES = '''
import module_that_is_nowhere
raise SystemExit("this file must not be executed")

class Shape:
    @property
    def area(self):
        """Return the area of the shape."""
        self.measure()
        return self._area

    @area.setter
    def area(self, value):
        """Scale the shape to another area."""
        self.scale(value / self._area)
        self._area = value

    def short(self):
        """Return one in two lines only."""
        return 1

def terse():
    """Too few words."""
    x = 1
    return x

def silent():
    x = 1
    return x
'''
PAIR = '''
def {name}(x):
    """{summary}"""
    y = {number}
    return x + y
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of several modules, tests, and files that are no Python."""
    root = tmp_path / "drawing"
    for folder in ("shapes", "tests", ".hidden", "shapes/test", "site-packages"):
        (root / folder).mkdir(parents=True)
    (root / "__init__.py").write_text(PAIR.format(name="top", summary="Draw all of it.", number=0))
    (root / "shapes" / "__init__.py").write_text("")
    (root / "shapes" / "forms.py").write_text(SHAPES)
    for number in range(30):
        text = PAIR.format(name="draw", summary=f"Draw the shape number {number}.", number=number)
        (root / f"module_{number}.py").write_text(text)
    same = PAIR.format(name="paint", summary="draw THE shape  number 3.", number=3)
    (root / "shapes" / "again.py").write_text(same)
    (root / "broken.py").write_text("def broken(:\n")
    (root / "latin.py").write_bytes(b"x = '\xe9'\n")
    for folder in ("tests", ".hidden", "shapes/test", "site-packages"):
        text = PAIR.format(name="skipped", summary="This is not read at all.", number=1)
        (root / folder / "skipped.py").write_text(text)
    return root


def test_package_by_path(package: Path) -> None:
    collection = read_collection(SourceSettings(path=str(package)), seed=1)
    corpus = {doc_id: text for doc_id, _, text in collection.corpus.iter_rows()}
    assert set(corpus) == {
        "drawing.top",
        "drawing.shapes.forms.Shape.area",
        "drawing.shapes.forms.Shape.area#2",
        "drawing.shapes.again.paint",
        *(f"drawing.module_{number}.draw" for number in range(30)),
    }
    assert corpus["drawing.shapes.forms.Shape.area#2"] == (
        "@area.setter\n"
        "def area(self, value):\n"
        "    self.scale(value / self._area)\n"
        "    self._area = value"
    )
    assert set(collection.corpus["title"]) == {""}
    queries = dict(collection.queries.iter_rows())
    assert queries["drawing.shapes.forms.Shape.area"] == "Return the area of the shape."
    assert "drawing.shapes.again.paint" not in queries
    judgements = [row for split in SPLITS for row in collection.judgements(split).rows()]
    assert ("drawing.module_3.draw", "drawing.shapes.again.paint", 1) in judgements
    assert len(judgements) == len(corpus)
    details = collection.report["details"]
    assert details["functions"] == {
        "read": 34,
        "short_body": 1,
        "short_summary": 1,
        "without_docstring": 1,
    }
    assert details["files_not_read"] == 2
    assert [example.split(":")[0] for example in details["files_not_read_examples"]] == [
        "drawing/broken.py",
        "drawing/latin.py",
    ]
    assert collection.report["merged_queries"]["queries_merged_away"] == 1
    assert set(collection.report["held_out"]) == {"dev", "test"}


def test_package_by_import_name(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_path = read_collection(SourceSettings(path=str(package)), seed=1)
    monkeypatch.syspath_prepend(str(package.parent))
    settings = SourceSettings(package="drawing")
    by_name = read_collection(settings, seed=1)
    for split in SPLITS:
        assert by_name.judgements(split).equals(by_path.judgements(split))
    assert by_name.corpus.equals(by_path.corpus)
    assert by_name.report["digest"] == by_path.report["digest"] == digest_source(settings)
    assert not {"drawing", "drawing.shapes"} & set(sys.modules)


def test_part_of_a_package(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(package.parent))
    files = list_python_files(SourceSettings(package="drawing.shapes"))
    assert list(files.paths) == [
        "drawing/shapes/__init__.py",
        "drawing/shapes/again.py",
        "drawing/shapes/forms.py",
    ]
    one = list_python_files(SourceSettings(package="drawing.shapes.forms"))
    assert one.paths == {"drawing/shapes/forms.py": package / "shapes" / "forms.py"}
    assert not {"drawing", "drawing.shapes"} & set(sys.modules)


def test_tree_that_is_no_package(package: Path) -> None:
    (package / "__init__.py").unlink()
    (package / "my script.py").write_text(
        PAIR.format(name="run", summary="Run it from the shell.", number=1)
    )
    collection = read_collection(SourceSettings(path=str(package)), seed=1)
    assert "my_script.run" in set(collection.corpus["doc_id"])
    assert "shapes.forms.Shape.area" in set(collection.corpus["doc_id"])


def test_same_name_from_two_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    text = PAIR.format(name="f", summary="Do the same in two places.", number=1)
    (tmp_path / "a" / "__init__.py").write_text(text)
    (tmp_path / "a.py").write_text(text.replace("Do", "Undo"))
    (tmp_path / "b.py").write_text(text.replace("Do", "Redo"))
    collection = read_collection(SourceSettings(path=str(tmp_path)), seed=0)
    assert collection.corpus["doc_id"].to_list() == ["a.f", "a.f#2", "b.f"]
    first = dict(collection.queries.iter_rows())["a.f"]
    assert first == "Undo the same in two places."


def test_surrogates_in_a_docstring(tmp_path: Path) -> None:
    text = PAIR.format(name="f", summary="Return the \\udc80 half of a pair.", number=1)
    (tmp_path / "a.py").write_text(text)
    collection = read_collection(SourceSettings(path=str(tmp_path)), seed=0)
    assert collection.queries["text"].to_list() == ["Return the \ufffd half of a pair."]
    assert collection.report["held_out"] == {}
    assert len(collection.report["notes"]) == 2


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"package": "no_such_package_here"}, "No package 'no_such_package_here'"),
        ({"package": "json.no_such_module"}, "No package"),
        ({"package": "json.decoder.deeper"}, "No package"),
        ({"package": "sys"}, "no Python files"),
        ({"package": "math"}, "no Python files"),
        ({"package": "this"}, "no documented function in 1 files"),
    ],
)
def test_bad_package(values: dict[str, str], found: str) -> None:
    with pytest.raises(SourceError, match=found):
        read_collection(SourceSettings.model_validate(values), seed=0)


def test_folder_without_pairs(tmp_path: Path) -> None:
    settings = SourceSettings(path=str(tmp_path), format="python-source")
    with pytest.raises(SourceError, match="no Python files"):
        read_collection(settings, seed=0)
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(SourceError, match="no documented function"):
        read_collection(settings, seed=0)


def test_part_of_the_standard_library() -> None:
    folder = Path(sysconfig.get_path("stdlib")) / "email"
    collection = read_collection(SourceSettings(path=str(folder)), seed=0)
    ids = set(collection.corpus["doc_id"])
    assert "email.message.Message.get_payload" in ids
    assert "email.message.Message.get_payload" in set(collection.queries["query_id"])
    assert 150 < len(ids) < 600


def test_the_whole_standard_library() -> None:
    collection = read_collection(SourceSettings(), seed=0)
    corpus, queries = collection.corpus, collection.queries
    assert 4000 < corpus.height < 6000
    assert corpus["doc_id"].is_sorted()
    assert corpus["doc_id"].is_unique().all()
    assert queries["query_id"].is_sorted()
    assert collection.report["details"]["files_not_read"] == 0
    assert "json.decoder.JSONDecoder.decode" in set(corpus["doc_id"])
    assert not any(".test." in doc_id or "idle_test" in doc_id for doc_id in corpus["doc_id"])
    normalized = [normalize_query(text) for text in queries["text"]]
    assert len(set(normalized)) == len(normalized)
    sizes = {split: collection.judgements(split)["query_id"].n_unique() for split in SPLITS}
    assert sum(sizes.values()) == queries.height
    assert 0.08 < sizes["test"] / queries.height < 0.12
    assert 0.08 < sizes["dev"] / (queries.height - sizes["test"]) < 0.12
    trained = set(collection.train_judgements["doc_id"])
    assert trained.isdisjoint(collection.test_judgements["doc_id"])
    assert collection.report["digest"] == digest_source(SourceSettings())


def test_tables_in_a_project_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "".join(
            PAIR.format(name="f", summary=f"Return {word} value plus one.", number=number)
            for number, word in enumerate(("this", "that", "each", "some", "any"))
        )
    )
    (tmp_path / "data").mkdir()
    for name, text in (("test.csv", "a,b\n1,2\n"), ("test.json", "[1]")):
        (tmp_path / "data" / name).write_text(text)
    (tmp_path / "train.json.gz").write_bytes(b"cut off")
    assert (
        read_collection(SourceSettings(path=str(tmp_path)), 0).report["format"] == "python-source"
    )
