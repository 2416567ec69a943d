"""A whole run that hides half of the judgements."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project
from end_to_end.test_no_leak import write_beir


def judge_more(folder: Path, finished: FinishedRun) -> None:
    """Also judge the five functions that follow a positive in the corpus relevant."""
    corpus = finished.project.table("03_primary/corpus.parquet")["doc_id"].to_list()
    place = {doc_id: row for row, doc_id in enumerate(corpus)}
    qrels = folder / "qrels" / "train.tsv"
    judged = [line.split("\t") for line in qrels.read_text().splitlines()[1:]]
    known = {(query_id, doc_id) for query_id, doc_id, _ in judged}
    more = {
        (query_id, neighbour)
        for query_id, doc_id, _ in judged
        for neighbour in corpus[place[doc_id] + 1 : place[doc_id] + 6]
    }
    with qrels.open("a") as file:
        file.writelines(f"{query}\t{document}\t1\n" for query, document in sorted(more - known))


@pytest.mark.slow
def test_hidden_judgements_are_never_seen_and_count_the_false_negatives(
    finished: FinishedRun, tmp_path: Path
) -> None:
    write_beir(tmp_path / "source", finished, with_test=True)
    judge_more(tmp_path / "source", finished)
    (tmp_path / "project").mkdir()
    project = Project.copy_to(tmp_path / "project")
    parameters = project.folder / "conf" / "smoke" / "parameters.yml"
    parameters.write_text(parameters.read_text().replace("package: asyncio", "format: beir"))
    project.run("--params", f"source.path={tmp_path / 'source'},audit.hidden_share=0.5")

    everything, seen, hidden = (
        project.table(f"03_primary/{name}_judgements.parquet")
        for name in ("all_train", "train", "hidden")
    )
    pairs = ["query_id", "doc_id"]
    assert pl.concat([seen, hidden]).sort(pairs).equals(everything.sort(pairs))
    assert 0.3 < hidden.height / everything.height < 0.5

    audit = json.loads(project.path("08_reporting/audit.json").read_text())
    assert audit["hidden_judgements"] == hidden.height
    for told in audit["rounds"]:
        name = f"05_model_input/round_{told['round']}/negatives.parquet"
        negatives = project.table(name).rename({"negative_id": "doc_id"})
        positives = negatives.select("query_id", doc_id="positive_id")
        assert positives.join(hidden, on=pairs, how="semi").is_empty()
        assert negatives.join(seen, on=pairs, how="semi").is_empty()
        found = negatives.join(hidden, on=pairs, how="semi").height
        assert told["false_negatives"]["number"] == found > 0
        rate = told["false_negatives"]["rate"]
        assert rate["value"] == pytest.approx(found / negatives.height, abs=1e-6)
        assert 0 < told["false_negatives"]["base_rate"]["low"] < 1
    assert audit["rounds"][1]["overlap_with_former_round"] > 0
    assert "negatives that hidden judgements call relevant" in (
        project.path("08_reporting/report.html").read_text()
    )
