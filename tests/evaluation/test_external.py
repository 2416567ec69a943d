import polars as pl
import pytest
from pydantic import ValidationError

from evaluation.tables import judgement_table, run_table
from trisampler.evaluation.errors import RunFileError
from trisampler.evaluation.external import (
    EXTERNAL_RUNS_SCHEMA,
    digest_run_files,
    fit_run,
    measure_external_runs,
    read_run_files,
)
from trisampler.evaluation.measures import measure_run
from trisampler.evaluation.runs import strictly_decreasing
from trisampler.evaluation.settings import EvaluationSettings

JUDGEMENTS = judgement_table({"q1": {"a": 1, "b": 0}, "q2": {"c": 2}})
BY_SPLIT = {"test": JUDGEMENTS, "dev": judgement_table({"q9": {"a": 1}})}
CORPUS = pl.DataFrame({"doc_id": ["a", "b", "c", "d"]})
MEASURES = ["nDCG@10", "AP", "Judged@10"]


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


@pytest.fixture
def run_files(tmp_path):
    return {
        "splade": {
            "dev": write(tmp_path / "dev.run", "q9 Q0 a 1 2 splade"),
            "test": write(tmp_path / "test.run", "q1 Q0 a 1 0.5 x", "q1 Q0 b 2 0.5 x"),
        },
        "colbert": {"test": write(tmp_path / "colbert.run", "q1 Q0 b 1 7 y", "q2 Q0 c 1 7 y")},
    }


def read(run_files, depth=10):
    return read_run_files(run_files, BY_SPLIT, CORPUS, depth)


def test_rankings_are_strict_and_in_one_order(run_files):
    runs, _ = read(run_files)
    assert runs.schema == EXTERNAL_RUNS_SCHEMA
    assert runs.select("system", "split", "query_id", "doc_id", "rank").rows() == [
        ("colbert", "test", "q1", "b", 1),
        ("colbert", "test", "q2", "c", 1),
        ("splade", "test", "q1", "b", 1),  # a tie: the greater id first, whatever the file says
        ("splade", "test", "q1", "a", 2),
        ("splade", "dev", "q9", "a", 1),
    ]
    swapped = {system: dict(reversed(run_files[system].items())) for system in reversed(run_files)}
    assert read(swapped)[0].equals(runs)


def test_no_files_are_no_systems():
    runs, report = read({})
    assert runs.schema == EXTERNAL_RUNS_SCHEMA
    assert report == {}
    assert measure_external_runs(runs, BY_SPLIT, MEASURES).is_empty()


def test_the_digest_is_of_contents_systems_and_splits(run_files, tmp_path):
    digest = digest_run_files(run_files)
    moved = write(tmp_path / "moved.run", "q1 Q0 b 1 7 y", "q2 Q0 c 1 7 y")
    assert digest_run_files(run_files | {"colbert": {"test": moved}}) == digest
    assert digest_run_files(run_files | {"colbert": {"dev": moved}}) != digest
    assert digest_run_files({"splade": run_files["splade"], "other": {"test": moved}}) != digest
    write(tmp_path / "colbert.run", "q1 Q0 b 1 8 y")
    assert digest_run_files(run_files) != digest


def test_broken_and_missing_files_are_named(run_files, tmp_path):
    write(tmp_path / "colbert.run", "q1 Q0 b 1 7 y", "q1 Q0 b 1 seven y")
    with pytest.raises(RunFileError, match=r"colbert\.run:2: score 'seven'"):
        read(run_files)
    (tmp_path / "test.run").unlink()
    with pytest.raises(RunFileError, match=r"run_files\.splade\.test: no run file at .*test\.run"):
        digest_run_files(run_files)


def test_what_does_not_fit_is_counted_and_counts_as_in_trec_eval():
    run = strictly_decreasing(
        run_table(
            {
                "q1": {"not here": 9.0, "a": 8.0, "d": 7.0, "b": 6.0},
                "q3": {"a": 1.0},
                "q4": {"b": 1.0},
            }
        )
    )
    kept, counts = fit_run(run, JUDGEMENTS, CORPUS, 3, "mine.run")
    assert counts == {
        "queries": 2,
        "queries_without_results": 1,
        "queries_that_nobody_judged": 2,
        "results": 3,
        "results_beyond_depth": 1,
        "results_not_in_the_corpus": 1,
    }
    assert kept["doc_id"].to_list() == ["not here", "a", "d"]
    values = dict(measure_run(kept, JUDGEMENTS, ["RR"]).select("query_id", "value").rows())
    assert values == {"q1": 0.5, "q2": 0.0}


def test_a_run_of_other_data_is_refused():
    def fit(ranking, judgements=JUDGEMENTS):
        fit_run(strictly_decreasing(run_table(ranking)), judgements, CORPUS, 10, "mine.run")

    with pytest.raises(RunFileError, match=r"mine\.run: none of its queries .* 'x'; .* 'q1'"):
        fit({"x": {"a": 1.0}})
    with pytest.raises(RunFileError, match=r"mine\.run: the corpus has no document .* 'x'; .*'a'"):
        fit({"q1": {"x": 1.0}})
    with pytest.raises(RunFileError, match="no query of this split is judged"):
        fit({"q1": {"a": 1.0}}, judgement_table({}))
    with pytest.raises(RunFileError, match="empty"):
        fit({})


def test_each_is_measured_on_the_splits_it_has_as_our_own_are(run_files):
    runs, report = read(run_files)
    measured = measure_external_runs(runs, BY_SPLIT, MEASURES)
    assert set(measured.select("system", "split").rows()) == {
        ("colbert", "test"),
        ("splade", "test"),
        ("splade", "dev"),
    }
    for system, split in (("splade", "dev"), ("colbert", "test")):
        found = measured.filter(system=system, split=split).drop("system", "split")
        run = runs.filter(system=system, split=split)
        assert found.equals(measure_run(run, BY_SPLIT[split], MEASURES))
    assert list(report) == ["colbert", "splade"]
    assert report["splade"]["test"]["file"] == run_files["splade"]["test"]
    assert report["splade"]["test"]["queries_without_results"] == 1
    assert read(run_files, depth=1)[1]["splade"]["test"]["results_beyond_depth"] == 1


@pytest.mark.parametrize(
    ("run_files", "message"),
    [
        ({"bm25": {"test": "x"}}, "'bm25' names a system of the pipeline"),
        ({"BM25": {"test": "x"}}, "'BM25' names a system of the pipeline"),
        ({"encoder_9": {"test": "x"}}, "'encoder_9' names a system of the pipeline"),
        ({"two words": {"test": "x"}}, "'two words' cannot name a system"),
        ({"a/b": {"test": "x"}}, "'a/b' cannot name a system"),
        ({"mine": {}}, "mine needs a file"),
        ({"mine": {"test": ""}}, "mine needs a file"),
        ({"mine": {"tset": "x"}}, "tset"),
        ({"mine": "x"}, "valid dictionary"),
    ],
)
def test_names_and_splits_that_do_not_fit_are_refused(run_files, message):
    with pytest.raises(ValidationError) as caught:
        EvaluationSettings.model_validate({"run_files": run_files})
    assert message in str(caught.value)
