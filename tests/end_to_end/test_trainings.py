"""Every way to train goes through the whole DAG."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project
from trisampler.encoders.encoder import Encoder

CHOICES = {
    "losses": "training.symmetric=true,training.learn_temperature=true,"
    "training.matryoshka_dimensions=[16,8]",
    "memory": "training.gradient_cache=true,training.gradient_checkpointing=true,"
    "training.micro_batch_tokens=256,training.dropout=true",
    "adapters": "training.lora_rank=4,training.learning_rate=0.01",
    "two processes": "training.processes=2,training.one_source_batches=true",
    "distillation": "training.distillation=kl,training.teacher_temperature=0.05,"
    "teacher.name=untrained:1",
}


@pytest.mark.slow
@pytest.mark.parametrize("choice", CHOICES)
def test_a_run_that_trains_otherwise_ends(
    finished: FinishedRun, tmp_path: Path, choice: str
) -> None:
    shutil.copytree(finished.project.folder, tmp_path / "project")
    project = Project(tmp_path / "project")
    project.run("--params", CHOICES[choice])
    history = project.table("08_reporting/round_2/training_history.parquet")
    assert history["loss"].drop_nulls().is_finite().all()
    temperatures = history["temperature"].drop_nulls().n_unique()
    assert (temperatures > 1) == (choice == "losses")
    assert 0 <= project.metrics()["test"]["encoder_2"]["nDCG@10"] <= 1
    for number in (1, 2):
        assert Encoder.load_folder(project.path(f"06_models/encoder_{number}")).shared


@pytest.mark.slow
def test_with_frozen_documents_no_document_is_embedded_again(
    finished: FinishedRun, tmp_path: Path
) -> None:
    shutil.copytree(finished.project.folder, tmp_path / "project")
    project = Project(tmp_path / "project")
    output = project.run("--params", "training.frozen_documents=true,training.learning_rate=0.001")
    encoders = [
        Encoder.load_folder(project.path(f"06_models/encoder_{number}")) for number in (0, 1, 2)
    ]
    assert [encoder.shared for encoder in encoders] == [True, False, False]
    assert len({encoder.fingerprint("document", "float32") for encoder in encoders}) == 1
    documents = project.table("03_primary/corpus.parquet").height
    assert f"{documents} texts (document): 0 encoded" in output
    assert f"{documents} texts (document): {documents} encoded" not in output
    record = json.loads(
        project.path("04_feature/encoder_2/corpus_embeddings/manifest.json").read_text()
    )
    assert record


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("training.distillation=kl", "teacher.name is null"),
        ("training.frozen_documents=true,sampling.sampler=bm25", "the pool lexical"),
        ("training.symmetric=true,training.in_batch_negatives=false", "symmetric is true"),
    ],
)
def test_what_cannot_be_trained_stops_before_anything_runs(
    tmp_path: Path, parameters: str, message: str
) -> None:
    project = Project.copy_to(tmp_path)
    output = project.run("--params", parameters, succeeds=False)
    assert message in output
    assert "Nothing has been run" in output
    assert not project.path("03_primary").exists()
