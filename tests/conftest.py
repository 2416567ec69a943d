"""Fixtures that several packages' tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def tiny_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny randomly initialised BERT in the form that SentenceTransformer loads."""
    from trisampler.encoders.untrained import build_untrained_encoder

    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    build_untrained_encoder(folder, seed=0)
    return folder


@pytest.fixture(scope="session")
def tiny_cross_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny randomly initialised BERT that reads two texts and gives one logit."""
    from tiny_cross_encoder import save_tiny_cross_encoder

    folder = tmp_path_factory.mktemp("cross_encoder") / "tiny"
    save_tiny_cross_encoder(folder)
    return folder
