"""Training is blind to the test split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project


def write_beir(folder: Path, finished: FinishedRun, *, with_test: bool) -> None:
    """The finished run's data as a BEIR folder; without its test queries and judgements or with."""
    project = finished.project
    judgements = {
        split: project.table(f"03_primary/{split}_judgements.parquet")
        for split in ("train", "dev", *(["test"] if with_test else []))
    }
    asked = {query_id for table in judgements.values() for query_id in table["query_id"]}
    (folder / "qrels").mkdir(parents=True)
    with (folder / "corpus.jsonl").open("w") as file:
        for doc_id, title, text in project.table("03_primary/corpus.parquet").iter_rows():
            file.write(json.dumps({"_id": doc_id, "title": title, "text": text}) + "\n")
    with (folder / "queries.jsonl").open("w") as file:
        for query_id, text in project.table("03_primary/queries.parquet").iter_rows():
            if query_id in asked:
                file.write(json.dumps({"_id": query_id, "text": text}) + "\n")
    for split, table in judgements.items():
        rows = ["\t".join(map(str, row)) for row in table.iter_rows()]
        lines = ["query-id\tcorpus-id\tscore", *rows]
        (folder / "qrels" / f"{split}.tsv").write_text("\n".join(lines) + "\n")


@pytest.mark.slow
def test_without_any_test_data_the_same_negatives_and_encoders_come_out(
    finished: FinishedRun, tmp_path: Path
) -> None:
    (tmp_path / "project").mkdir()
    project = Project.copy_to(tmp_path / "project")
    (project.folder / "conf" / "smoke" / "parameters.yml").write_text(
        (project.folder / "conf" / "smoke" / "parameters.yml")
        .read_text()
        .replace("package: asyncio", "format: beir")
    )
    for workspace, with_test in (("seen", True), ("blind", False)):
        write_beir(tmp_path / workspace, finished, with_test=with_test)
        output = project.run(
            "--params", f"workspace={workspace},source.path={tmp_path / workspace}"
        )
        assert ("NO TEST SPLIT" in output) != with_test
    for artifact in (
        "05_model_input/round_1/negatives.parquet",
        "05_model_input/round_2/negatives.parquet",
        "06_models/encoder_1/model.safetensors",
        "06_models/encoder_2/model.safetensors",
    ):
        seen, blind = (project.path(artifact, name).read_bytes() for name in ("seen", "blind"))
        assert seen == blind, artifact
    assert "test" in project.metrics("seen")
    assert list(project.metrics("blind")) == ["dev"]
