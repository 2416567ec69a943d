"""New documents into the bundle, with the encoder as it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project, nodes_that_would_run
from end_to_end.test_no_leak import write_beir
from trisampler.encoders.vector_store import VectorStore
from trisampler.release import Bundle

SOURCE = "source.path=beir"
EDITED = "An edited document about nothing but sealing wax"
ADDED = {"new 1": "Cabbages and kings", "new 2": "Why the sea is boiling hot"}
REFRESHED = {"round_2.embedding.embed_corpus", "release.make_bundle"}

# Kills itself where the function of that name would be called for the n-th time.
KILLED = """
import importlib, os, signal, sys
place, count, *arguments = sys.argv[1:]
module, name = place.split(":")
owner, calls = importlib.import_module(module), []
if "." in name:
    kind, name = name.split(".")
    owner = getattr(owner, kind)
function = getattr(owner, name)
def die(*args, **options):
    calls.append(1)
    if len(calls) == int(count):
        os.kill(os.getpid(), signal.SIGKILL)
    return function(*args, **options)
setattr(owner, name, die)
from kedro.framework.cli.cli import main
sys.argv = ["kedro", *arguments]
main()
"""

# In the order of a refresh, so that each run gets a step further than the one before.
KILLS = [
    ("trisampler.incremental.runner:write_record", 1),  # the corpus is read
    ("trisampler.encoders.store_writer:StoreWriter.append", 1),
    ("trisampler.encoders.embeddings_folder:_write_manifest", 1),
    ("trisampler.search.index_folder:write_json", 1),
    ("trisampler.datasets.files:write_json", 1),  # what the index finds
    ("trisampler.release.writing:save_self_contained", 1),
    ("trisampler.release.writing:write_manifest", 1),
    ("trisampler.datasets.files:write_json", 1),  # the bundle is there, its report is not
    ("trisampler.incremental.runner:write_record", 1),  # both are, and have no record
    ("trisampler.incremental.runner:write_record", 2),
]


@dataclass(frozen=True)
class Released:
    """A project that has been run whole on a BEIR folder in it."""

    project: Project

    def copy_to(self, folder: Path) -> Released:
        shutil.copytree(self.project.folder, folder)
        return Released(Project(folder))

    def run(self, *arguments: str, succeeds: bool = True) -> str:
        return self.project.run("--params", SOURCE, *arguments, succeeds=succeeds)

    def refresh(self) -> str:
        return self.run("--pipelines", "refresh")

    def refresh_killed(self, place: str, count: int) -> None:
        """A refresh that kills itself where the function `place` would be called."""
        arguments = ["run", "--env", "smoke", "--params", SOURCE, "--pipelines", "refresh"]
        died = subprocess.run(
            [sys.executable, "-c", KILLED, place, str(count), *arguments],
            cwd=self.project.folder,
            env=os.environ | {"KEDRO_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            check=False,
        )
        assert died.returncode == -9, f"{place}: {died.stdout!r}"

    @property
    def corpus(self) -> Path:
        return self.project.folder / "beir" / "corpus.jsonl"

    def documents(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.corpus.read_text().splitlines()]

    def write(self, documents: list[dict[str, str]]) -> None:
        self.corpus.write_text("".join(json.dumps(each) + "\n" for each in documents))

    def grow(self) -> str:
        """Add 1 %, edit the second document and remove one that is judged; the removed one's id."""
        train = self.project.folder / "beir" / "qrels" / "train.tsv"
        removed = train.read_text().splitlines()[1].split("\t")[1]
        documents = [each for each in self.documents() if each["_id"] != removed]
        documents[1]["text"] = EDITED
        documents += [{"_id": key, "title": "", "text": text} for key, text in ADDED.items()]
        assert len(ADDED) == round(len(documents) / 100)
        self.write([{**each, "_id": each["_id"].replace(" ", "-")} for each in documents])
        return removed

    def bundle(self) -> Bundle:
        return Bundle.load(self.project.path("06_models/bundle"))

    def stored_vectors(self) -> int:
        """Rows that the last encoder has ever encoded."""
        embeddings = self.project.path("04_feature/encoder_2/corpus_embeddings")
        manifest = json.loads((embeddings / "manifest.json").read_text())
        return len(VectorStore.open((embeddings / manifest["store"]).resolve()))

    def bytes_of(self, *names: str) -> dict[str, bytes]:
        """Every file of some artifacts."""
        found = {}
        for name in names:
            path = self.project.path(name)
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    found[f"{name} {file.relative_to(path)}"] = file.read_bytes()
        return found


@pytest.fixture(scope="module")
def released(finished: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Released:
    project = Project.copy_to(tmp_path_factory.mktemp("released") / "project")
    parameters = project.folder / "conf" / "smoke" / "parameters.yml"
    parameters.write_text(parameters.read_text().replace("package: asyncio", "format: beir"))
    write_beir(project.folder / "beir", finished, with_test=True)
    made = Released(project)
    made.run()
    return made


def test_after_a_whole_run_a_refresh_has_nothing_to_do(finished: FinishedRun) -> None:
    output = finished.project.run("--pipelines", "refresh")
    assert "Everything is up to date" in output
    assert "done:" not in output
    documents = finished.project.table("03_primary/corpus.parquet").height
    assert f"bundle of {documents} documents, the first" in output


def test_a_bundle_finds_what_the_run_found(finished: FinishedRun) -> None:
    from trisampler.evaluation.runs import read_trec_run

    project = finished.project
    queries = project.table("03_primary/queries.parquet")
    run = read_trec_run(project.path("07_model_output/encoder_2/test.run"))
    ids = run["query_id"].unique(maintain_order=True)
    texts = dict(queries.select("query_id", "text").iter_rows())
    bundle = Bundle.load(project.path("06_models/bundle"))
    bundle.verify()
    found = bundle.search([texts[query_id] for query_id in ids], 5)
    for row, query_id in enumerate(ids):
        expected = run.filter(query_id=query_id).head(5)
        assert found.scores_QK[row].tolist() == pytest.approx(expected["score"].to_list(), abs=1e-2)


def test_without_an_encoder_a_refresh_says_what_is_missing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    project = Project.copy_to(tmp_path_factory.mktemp("unreleased"))
    output = project.run("--pipelines", "refresh", succeeds=False)
    assert "not there: encoder_2 (" in output
    assert "A whole `kedro run` makes everything" in output
    assert "Traceback" not in output
    assert not list((project.folder / "data").rglob("*.parquet"))


@pytest.mark.slow
def test_new_edited_and_removed_documents(released: Released, tmp_path: Path) -> None:
    project = released.copy_to(tmp_path / "project")
    before = project.stored_vectors()
    encoder = project.bytes_of("06_models/encoder_2")
    in_bundle = project.bytes_of("06_models/bundle/encoder")
    documents = len(project.documents())
    removed = project.grow()
    (project.corpus.parent / "queries.jsonl").unlink()  # documents alone do
    output = project.refresh()
    assert project.stored_vectors() - before == 3
    assert f"{documents + 1} texts (document): 3 encoded" in output
    assert "last change: 2 added, 1 edited, 1 removed; 3 new vectors" in output
    assert "Encoding queries" not in output
    assert project.bytes_of("06_models/encoder_2") == encoder
    assert project.bytes_of("06_models/bundle/encoder") == in_bundle

    bundle = project.bundle()
    bundle.verify()
    assert len(bundle) == documents + 1
    found = bundle.search([*ADDED.values(), EDITED], len(bundle))
    assert [ids[0] for ids in found.ids[:2]] == ["new-1", "new-2"]
    assert EDITED in found.texts[2]
    assert all(removed not in ids and len(set(ids)) == len(bundle) for ids in found.ids)
    told = json.loads(project.project.path("08_reporting/release_report.json").read_text())
    assert told["last_change"]["examples"]["removed"] == [removed]

    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project.project.folder / 'mlflow.db'}")
    (last, *_) = client.search_runs(["1"], order_by=["attributes.start_time DESC"])
    assert last.data.metrics["release/added"] == 2
    assert last.data.metrics["release/documents"] == len(bundle)
    assert "reporting/release_report.json" in {
        item.path for item in client.list_artifacts(last.info.run_id, "reporting")
    }

    again = project.refresh()
    assert "Everything is up to date" in again
    assert "done:" not in again


@pytest.mark.slow
def test_a_whole_run_afterwards_sees_that_the_corpus_changed(
    released: Released, tmp_path: Path
) -> None:
    project = released.copy_to(tmp_path / "project")
    original = project.documents()
    removed = project.grow()
    project.refresh()
    would_run = nodes_that_would_run(project.run("--dry-run"))
    assert {"ingestion.read_source", "round_1.training.train_encoder"} | REFRESHED <= would_run
    # The judgements still name the removed document, and training is not to go on without a word.
    assert f"'{removed}' is not in corpus.jsonl" in project.run(succeeds=False)
    again = project.refresh()
    assert not re.search("[1-9][0-9]* encoded", again)
    assert "last change: 2 added, 1 edited, 1 removed; 3 new vectors" in again
    # As it was when the encoder was trained: only what the refresh made is made again.
    project.write(original)
    would_run = nodes_that_would_run(project.run("--dry-run"))
    assert {"ingestion.read_source"} | REFRESHED <= would_run
    assert not [name for name in would_run if "train" in name or "encoder_0" in name]


@pytest.mark.slow
def test_killed_at_every_step_and_repeated_it_ends_the_same(
    released: Released, tmp_path: Path
) -> None:
    artifacts = (
        "06_models/bundle",
        "08_reporting/release_report.json",
        "03_primary/corpus.parquet",
    )
    whole, killed = (released.copy_to(tmp_path / name) for name in ("whole", "killed"))
    for project in (whole, killed):
        project.grow()
    whole.refresh()
    for place, count in KILLS:
        killed.refresh_killed(place, count)
        killed.bundle().verify()  # the old one or the new one, never none and never half of one
    killed.refresh()
    assert killed.bytes_of(*artifacts) == whole.bytes_of(*artifacts)
    assert killed.stored_vectors() == whole.stored_vectors()
    data = killed.project.folder / "data"
    assert not [path for path in data.rglob("*.tmp") if path.is_dir()]
    assert "Everything is up to date" in killed.refresh()
