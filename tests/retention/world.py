"""A project made by hand: stores, rounds, runs and versions, with a real database of MLflow."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from trisampler.encoders.store_format import Header
from trisampler.encoders.vector_cache import VectorCache
from trisampler.hooks.tracking_settings import TrackingSettings
from trisampler.parameters import check_parameters
from trisampler.project_retention import Retention
from trisampler.registry import Registry
from trisampler.registry.logged_model import LOGGED_AS
from trisampler.retention import Leftover
from trisampler.retention.workspace import Workspace
from trisampler.structure import ComparisonStructure, Structure

ROOT = Path(__file__).parents[2]
NAME = "trial"
FILES = ("one.bin", "sub/two.bin", "sub/three.bin")
"""Of a bundle, and of a run's models."""


def header(number: int) -> Header:
    return Header(f"{number:x}" * 64, 4, "float32")


def write_files(folder: Path, content: str = "bytes") -> Path:
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def is_whole_or_gone(folder: Path) -> bool:
    return is_whole(folder) or not folder.exists()


@dataclass(frozen=True)
class World:
    """A project; `database` is copied into it."""

    folder: Path
    workspace_name: str = NAME
    rounds: int = 2

    @classmethod
    def make(cls, folder: Path, database: Path) -> World:
        shutil.copy(database, folder / "mlflow.db")
        world = cls(folder)
        artifacts = (folder / "mlartifacts").as_uri()
        world.registry.client.create_experiment("trial", artifact_location=artifacts)
        return world

    def of(self, workspace_name: str) -> World:
        return World(self.folder, workspace_name, self.rounds)

    @property
    def retention(self) -> Retention:
        given = yaml.safe_load((ROOT / "conf/base/parameters.yml").read_text())
        given |= {"seed": 0, "workspace": self.workspace_name}
        return Retention(
            self.folder,
            check_parameters(given),
            Structure(
                rounds=self.rounds,
                comparison=ComparisonStructure(samplers=("tri", "top-k"), seeds=1),
            ),
            TrackingSettings(
                enabled=True,
                experiment="trial",
                database="mlflow.db",
                artifacts="mlartifacts",
                registered_model=f"trisampler-{self.workspace_name}",
            ),
        )

    def leftovers(self, keep: int = 1) -> list[Leftover]:
        return self.retention.leftovers(keep)

    def found(self, keep: int = 1) -> set[str]:
        return {leftover.what for leftover in self.leftovers(keep)}

    @property
    def workspace(self) -> Workspace:
        return self.retention.workspace

    # ------------------------------------------------------------------- folders

    @property
    def cache(self) -> VectorCache:
        return VectorCache(self.workspace.features / "vector_cache")

    def store(self, number: int, written: int = 0) -> Path:
        """A store of one row, last written to `written` seconds after 1970."""
        with self.cache.writing(header(number)) as writer:
            writer.append(np.array([b"d" * 16], dtype="S16"), np.ones((1, 4), dtype=np.float32))
        folder = self.cache.store_folder(header(number))
        for file in folder.iterdir():
            os.utime(file, (written, written))
        return folder

    def embeddings(self, system: str, number: int | None, written: int = 100) -> Path:
        """Embeddings of `system` with rows in store `number`; None: with vectors of their own."""
        folder = self.workspace.features / system / "corpus_embeddings"
        folder.mkdir(parents=True)
        where = None
        if number is not None:
            where = os.path.relpath(self.cache.store_folder(header(number)), folder)
        manifest = folder / "manifest.json"
        manifest.write_text(json.dumps({"store": where}))
        os.utime(manifest, (written, written))
        return folder

    # -------------------------------------------------------------------- MLflow

    @property
    def registry(self) -> Registry:
        return Registry(
            f"sqlite:///{self.folder / 'mlflow.db'}", f"trisampler-{self.workspace_name}"
        )

    def run(self, *, status: str | None = "FINISHED", models: bool = True) -> str:
        """A run of the workspace, with models that it logged."""
        client = self.registry.client
        experiment = client.get_experiment_by_name("trial")
        count = len(client.search_runs([experiment.experiment_id]))
        run = client.create_run(experiment.experiment_id, start_time=count + 1)
        run_id: str = run.info.run_id
        client.log_param(run_id, "workspace", self.workspace_name)
        client.log_metric(run_id, "test/nDCG", 0.5)
        if models:
            write_files(self.models_of(run_id) / "encoder_1")
        (self.artifacts_of(run_id) / "reporting").mkdir(parents=True)
        (self.artifacts_of(run_id) / "reporting" / "summary.txt").write_text("all is well")
        if status is not None:
            client.set_terminated(run_id, status)
        return run_id

    def artifacts_of(self, run_id: str) -> Path:
        return self.folder / "mlartifacts" / run_id / "artifacts"

    def models_of(self, run_id: str) -> Path:
        return self.artifacts_of(run_id) / "models"

    def logged(self, run_id: str) -> str:
        """A logged bundle of a run, that no version stands for yet."""
        client = self.registry.client
        experiment = client.get_experiment_by_name("trial").experiment_id
        model = client.create_logged_model(experiment, LOGGED_AS, source_run_id=run_id)
        model_id: str = model.model_id
        source = write_files(self.folder / "source" / "bundle")
        client.log_model_artifacts(model_id, str(source), "artifacts/bundle")
        client.finalize_logged_model(model_id, "READY")
        return model_id

    def bundle_of(self, model_id: str) -> Path:
        models = self.folder / "mlartifacts" / "models"
        return models / model_id / "artifacts" / "artifacts" / "bundle"

    def version(self, run_id: str) -> int:
        """A version of the registered model, of such a run."""
        model_id = self.logged(run_id)
        return self.registry.add(model_id, run_id, {"bundle": model_id}, "").number

    def retrained(self, *, promoted: bool) -> int:
        """A run with its models and its version."""
        number = self.version(self.run())
        if promoted:
            self.registry.promote(number)
        return number

    def bundle(self, number: int) -> Path:
        return self.bundle_of(str(self.registry.version(number).model_id))

    def numbers(self) -> list[int]:
        return [version.number for version in self.registry.versions()]
