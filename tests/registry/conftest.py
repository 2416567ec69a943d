"""A registry in a database of its own, and bundles to register."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from release.conftest import Workshop, corpus_of
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.registry import Registry, Version
from trisampler.registry.champion import (
    Champion,
    Incumbent,
    encoder_identity,
    find_incumbent,
    load_champion,
)
from trisampler.registry.gate import Decision, decide
from trisampler.registry.registration import Release, SourceRun, register
from trisampler.registry.settings import PromotionSettings

QUERIES = 40


def values(mean: float) -> pl.DataFrame:
    """query_id, value: one query in four fails, whatever the mean of the others."""
    ids = [f"q{number:02d}" for number in range(QUERIES)]
    found = [0.0 if number % 4 == 0 else mean for number in range(QUERIES)]
    return pl.DataFrame({"query_id": ids, "value": found})


def untrained(seed: int) -> Encoder:
    return Encoder.load(EncoderSettings(name=f"untrained:{seed}"))


@dataclass
class Shop:
    """Makes bundles, asks the gate, and registers."""

    folder: Path
    registry: Registry
    run: SourceRun
    workshop: Workshop

    def bundle(self, seed: int, documents: int = 20) -> Path:
        folder = self.folder / f"bundle_{seed}_{documents}"
        if not folder.exists():
            self.workshop.make(folder, corpus_of(range(documents)), f"untrained:{seed}")
        return folder

    def champion(self) -> Champion:
        return load_champion(lambda: self.registry, self.folder / "cache")

    def decision(self, seed: int, gain: float = 0.1) -> Decision:
        """Of encoder `seed`, better than the champion of now by `gain`."""
        _, facts = find_incumbent(self.champion(), untrained(0), untrained(seed))
        incumbent = Incumbent.model_validate(facts)
        new, old = values(0.5 + gain), values(0.5)
        return decide("encoder_2", new, incumbent, old, PromotionSettings(), 1000, seed=0)

    def release(self, seed: int, decision: Decision, documents: int = 20) -> Release:
        return Release(self.bundle(seed, documents), encoder_identity(untrained(seed)), decision)

    def register(self, release: Release) -> dict[str, Any]:
        return register(self.registry, release, self.run)

    def promoted(self, seed: int) -> Version:
        """A version of encoder `seed` that the gate let pass."""
        told = self.register(self.release(seed, self.decision(seed)))
        assert told["alias"] == "champion", told
        return self.registry.version(told["version"])

    def standing(self) -> dict[int, tuple[str, ...]]:
        return {version.number: version.aliases for version in self.registry.versions()}


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow takes seconds to make one."""
    database = tmp_path_factory.mktemp("database") / "mlflow.db"
    Registry(f"sqlite:///{database}", "none").client.search_experiments()
    return database


@pytest.fixture
def shop(
    tmp_path: Path,
    workshop: Workshop,
    empty_database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(empty_database, tmp_path)
    registry = Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", "trisampler-trial")
    artifacts = (tmp_path / "mlartifacts").as_uri()
    experiment = registry.client.create_experiment("trial", artifact_location=artifacts)
    run = registry.client.create_run(experiment)
    return Shop(tmp_path, registry, SourceRun(experiment, run.info.run_id), workshop)
