import json

import polars as pl
import pytest

from evaluation.tables import judgement_table, measurement_table, run_table
from trisampler.evaluation.query_changes import Collection, Ranked, query_changes
from trisampler.evaluation.runs import strictly_decreasing

DOCUMENTS = [f"d{index}" for index in range(9)]


def passage_table(parts):
    """{document: its passages in order}."""
    rows = [(passage, name) for name, passages in parts.items() for passage in passages]
    schema = {"doc_id": pl.String, "document_id": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def collection(queries, judgements, parts=None):
    return Collection(
        pl.DataFrame(
            [(query, f"what is {query}?") for query in queries],
            schema={"query_id": pl.String, "text": pl.String},
            orient="row",
        ),
        pl.DataFrame(
            {
                "doc_id": DOCUMENTS,
                "title": [f"title {name}" for name in DOCUMENTS],
                "text": [f"text\n of {name} {'word ' * 99}" for name in DOCUMENTS],
            }
        ),
        judgement_table(judgements),
        passage_table(parts or {}),
    )


def run(rankings):
    scored = {
        query: {name: float(-place) for place, name in enumerate(ranking)}
        for query, ranking in rankings.items()
    }
    return strictly_decreasing(run_table(scored))


def changes_of(before, after, rankings_before, rankings_after, judgements, parts=None):
    measured = measurement_table(
        {("dev", "encoder_0", "AP"): before, ("dev", "encoder_2", "AP"): after}
        | {("dev", "encoder_2", "RR"): [0.0] * len(before)}
    )
    queries = [f"q{index:03}" for index in range(len(before))]
    return query_changes(
        measured,
        "AP",
        Ranked("encoder_0", run(rankings_before)),
        Ranked("encoder_2", run(rankings_after)),
        collection(queries, judgements, parts),
    )


def test_those_that_changed_most_come_first_and_those_that_stayed_not_at_all():
    before = [0.5, 0.1, 0.9, 0.5, 0.2, 0.2]
    after = [0.5, 0.4, 0.1, 0.4, 0.5, 0.9]
    told = changes_of(before, after, {}, {}, {"q005": {"d1": 1}})
    assert (told["queries"], told["gained"], told["lost"]) == (6, 3, 2)
    assert [query["query_id"] for query in told["most_gained"]] == ["q005", "q001", "q004"]
    assert [query["query_id"] for query in told["most_lost"]] == ["q002", "q003"]
    first = told["most_gained"][0]
    assert (first["value_before"], first["value_after"]) == (0.2, 0.9)
    assert first["query"] == "what is q005?"
    assert first["results_before"] == first["results_after"] == []
    assert first["relevant"][0]["rank_before"] is None


def test_no_more_than_twenty_each_ties_by_id():
    told = changes_of([0.0] * 25 + [1.0] * 30, [0.5] * 55, {}, {}, {})
    assert (told["gained"], told["lost"]) == (25, 30)
    assert [query["query_id"] for query in told["most_gained"]] == [f"q{i:03}" for i in range(20)]
    assert [query["query_id"] for query in told["most_lost"]] == [f"q{i:03}" for i in range(25, 45)]


def test_what_was_retrieved_and_where_the_relevant_documents_went():
    told = changes_of(
        [0.1],
        [0.9],
        {"q000": ["d3", "d0", "gone", "d4", "d5", "d6", "d1"]},
        {"q000": ["d1", "d2", "d3"]},
        {"q000": {"d1": 1, "d2": 3, "d8": 1, "d7": 1, "d3": 0}},
    )
    (query,) = told["most_gained"]
    assert [
        (found["doc_id"], found["relevance"], found["rank_before"], found["rank_after"])
        for found in query["relevant"]
    ] == [("d2", 3, None, 2), ("d1", 1, 7, 1), ("d7", 1, None, None)]
    assert query["relevant_documents"] == 4
    assert [
        (found["rank"], found["doc_id"], found["relevance"]) for found in query["results_before"]
    ] == [(1, "d3", 0), (2, "d0", None), (3, "gone", None), (4, "d4", None), (5, "d5", None)]
    assert [found["doc_id"] for found in query["results_after"]] == ["d1", "d2", "d3"]
    shown = query["results_before"][1]
    assert shown["title"] == "title d0"
    assert shown["text"].startswith("text of d0 word word")
    assert 200 < len(shown["text"]) <= 240
    assert (query["results_before"][2]["title"], query["results_before"][2]["text"]) == ("", "")


def test_passages_are_told_as_the_documents_they_are_of_with_the_text_of_the_best():
    told = changes_of(
        [0.1],
        [0.9],
        {"q000": ["d3", "d1", "d0", "d4", "d2"]},
        {"q000": ["d2", "d1", "d3", "d5"]},
        {"q000": {"d0": 1, "d1": 1, "d2": 1, "d6": 2, "d7": 2, "d3": 0, "d8": 1}},
        {"whole": ["d0", "d1", "d2"], "other": ["d7", "d6"], "third": ["d4", "d5"]},
    )
    (query,) = told["most_gained"]

    def shown(name):
        return [(each["doc_id"], each["relevance"], each["title"]) for each in query[name]]

    assert shown("relevant") == [
        ("other", 2, "title d7"),
        ("whole", 1, "title d2"),
        ("d8", 1, "title d8"),
    ]
    assert query["relevant_documents"] == 3
    assert [(each["rank_before"], each["rank_after"]) for each in query["relevant"]] == [
        (None, None),
        (2, 1),
        (None, None),
    ]
    assert shown("results_before") == [
        ("d3", 0, "title d3"),
        ("whole", 1, "title d1"),
        ("third", None, "title d4"),
    ]
    assert [each["rank"] for each in query["results_before"]] == [1, 2, 3]
    assert shown("results_after")[0] == ("whole", 1, "title d2")
    assert json.loads(json.dumps(told)) == told


def test_a_split_without_queries_has_no_changes_and_all_is_json():
    told = changes_of([], [], {}, {}, {})
    assert (told["queries"], told["most_gained"], told["most_lost"]) == (0, [], [])
    again = changes_of([0.1], [0.9], {"q000": ["d3"]}, {}, {"q000": {"d1": 1}})
    assert json.loads(json.dumps(again)) == again


@pytest.mark.parametrize("seed", range(3))
def test_row_order_changes_nothing(seed):
    judgements = {f"q{i:03}": {DOCUMENTS[i]: 1, DOCUMENTS[i - 1]: 1} for i in range(9)}
    rankings = {f"q{i:03}": [*DOCUMENTS[i:], *DOCUMENTS[:i]] for i in range(9)}
    backwards = {query: ranking[::-1] for query, ranking in rankings.items()}
    before, after = [0.5] * 9, [0.6, 0.4] * 4 + [0.5]
    told = changes_of(before, after, rankings, backwards, judgements)

    def shuffled(table):
        return table.sample(fraction=1.0, shuffle=True, seed=seed)

    given = collection(list(rankings), judgements)
    measured = measurement_table(
        {("dev", "encoder_0", "AP"): before, ("dev", "encoder_2", "AP"): after}
    )
    again = query_changes(
        shuffled(measured),
        "AP",
        Ranked("encoder_0", shuffled(run(rankings))),
        Ranked("encoder_2", shuffled(run(backwards))),
        Collection(*map(shuffled, (given.queries, given.corpus, given.judgements)), given.passages),
    )
    assert again == told
