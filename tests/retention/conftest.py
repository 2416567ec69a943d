from __future__ import annotations

from pathlib import Path

import pytest

from registry.conftest import empty_database as empty_database
from retention.world import World


@pytest.fixture
def world(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return World.make(tmp_path, empty_database)
